"""Set-up of a run: data, network, optimiser and teacher from the settings."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from kakitori.charset import CHARSETS
from kakitori.errors import ModelError
from kakitori.spec import ModelSpec, check_spec, read_spec
from training.compress.distillation import Loss, Teacher, label_loss, open_teacher, teacher_loss
from training.compress.low_rank import factor_classifier
from training.compress.pruning import prune_network
from training.compress.qat import quantization_aware, restore_float
from training.data.registry import Dataset, open_dataset
from training.fit.batches import to_input, training_batches
from training.fit.checkpoints import RunState, restore_generators
from training.fit.config import TrainConfig
from training.fit.facts import source_revision
from training.fit.loop import Trainer
from training.fit.outlier_exposure import OutlierSource, outlier_exposure_loss
from training.models.layers import to_channels_last
from training.models.registry import build_network, format_widths, get_architecture
from training.models.transfer import start_from

IMPORTANCE_BATCHES, IMPORTANCE_BATCH = 40, 64
BEFORE_TRAINING = 0  # epoch in the seed of these images; the epochs of training count from 1


@dataclass
class Run:
    """What stays the same in all epochs of a run."""

    config: TrainConfig
    spec: ModelSpec
    data: Dataset
    trainer: Trainer
    teacher: Teacher | None
    outliers: OutlierSource | None
    images_per_epoch: int
    batch_size: int  # in each process; at most an epoch
    revision: str | None  # of the source

    @property
    def images_per_step(self) -> int:
        return self.batch_size * self.trainer.accelerator.num_processes

    @property
    def steps_per_epoch(self) -> int:
        return self.images_per_epoch // self.images_per_step


def set_up(config: TrainConfig, report: Callable[[str], None]) -> Run:
    """Return the run with process group, data, network and optimiser, all seeded; report the weights it starts from.

    Raises:
        KakitoriError: if the data set, the weights to start from or the teacher cannot be used.
    """
    accelerator = Accelerator(cpu=config.device == "cpu", mixed_precision=mixed_precision(config.device))
    if config.device == "cuda" and accelerator.device.type != "cuda":
        raise ModelError("--device cuda: torch sees no CUDA device here; use --device cpu, or auto.")
    set_seed(config.seed)
    with accelerator.main_process_first():  # one process fills the caches, the others find them
        dataset = open_dataset(
            config.dataset, config.size, config.class_limit, config.mix,
            config.without.split(",") if config.without else (),
        )  # fmt: skip
    spec, network = first_model(config, dataset, report)
    network = to_channels_last(network)
    optimizer = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    average = copy.deepcopy(network).to(accelerator.device)
    network, optimizer = accelerator.prepare(network, optimizer)
    trainer = Trainer(accelerator, network, average, optimizer, config.clip_norm)
    teacher = open_teacher(config.teacher, spec, accelerator.device) if config.teacher else None
    images = config.sample_limit or dataset.source.images_per_epoch
    batch_size = min(config.batch_size, images // accelerator.num_processes)
    if batch_size < 2:
        raise ModelError(
            f"An epoch of {images} images in batches of {config.batch_size} leaves less than the 2 a batch that batch "
            "normalisation needs: raise --sample-limit or --batch-size."
        )
    outliers = OutlierSource(dataset.charset, config.outlier_exposure) if config.outlier_exposure else None
    return Run(config, spec, dataset, trainer, teacher, outliers, images, batch_size, source_revision())


def make_spec(config: TrainConfig, dataset: Dataset) -> ModelSpec:
    """Return the spec of the model that the run makes, without the run's facts.

    Widths that are not given are those of the model to start from, or the defaults of the architecture.
    """
    theirs = read_spec(config.start_from) if config.start_from else None
    widths = config.widths or (theirs or get_architecture(config.arch)).widths
    charset = dataset.charset
    spec = ModelSpec(
        config.arch, widths, config.pooling, charset.name, len(charset), charset.digest, config.size,
        radius=dataset.source.pen_radius(config.size), rank=theirs.rank if theirs else config.low_rank,
        characters=None if charset.name in CHARSETS else charset.characters, data=dataset.licences,
    )  # fmt: skip
    check_spec(spec, config.model)
    return spec


def first_model(config: TrainConfig, dataset: Dataset, report: Callable[[str], None]) -> tuple[ModelSpec, nn.Module]:
    """Return the spec of the model and the network to train, before the first step, on the CPU.

    Raises:
        ModelError: if the weights to start from cannot be used, or belong to another network.
    """
    spec = make_spec(config, dataset)
    network = build_network(spec)
    if config.start_from:
        start_from(config.start_from, spec, network, report)
    if config.prune:
        spec, network = prune_network(spec, network, config.prune, importance_batches(config, dataset))
        report(f"Pruned to widths {format_widths(spec.widths)}.")
    if config.low_rank and config.start_from:
        spec, network = factor_classifier(spec, network, config.low_rank)
    return spec, quantization_aware(network) if config.qat else network


def importance_batches(config: TrainConfig, dataset: Dataset) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield inputs (N, 1, H, W) and labels (N,) drawn as the training images are, but never used in training."""
    batches = training_batches(
        dataset.source, dataset.charset, IMPORTANCE_BATCHES * IMPORTANCE_BATCH, IMPORTANCE_BATCH, config.size,
        config.seed, BEFORE_TRAINING,
    )  # fmt: skip
    for images, labels in batches:
        yield to_input(images), labels


def trained_network(config: TrainConfig, spec: ModelSpec, trained: nn.Module) -> nn.Module:
    """Return the float network of `spec` with the weights of a trained network that `first_model` made."""
    network = build_network(spec)
    if config.qat:
        restore_float(network, trained)
    else:
        network.load_state_dict(trained.state_dict())
    return network


def mixed_precision(device: str) -> str:
    """Return accelerate's name of the number format to compute in, for speed on the device."""
    if device != "cpu" and torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    # Without AVX512-BF16 instructions bfloat16 is emulated, which is slow: docs/measurements.md#number-format.
    return "bf16" if torch.cpu._is_avx512_bf16_supported() else "no"


def restore(run: Run, state: RunState) -> None:
    """Set network, average, optimiser and generators to the state of a checkpoint; a new run is left as it is."""
    if state.epoch == 0:
        return
    trainer = run.trainer
    trainer.accelerator.unwrap_model(trainer.network).load_state_dict(state.network)
    trainer.average.load_state_dict(state.average)
    trainer.optimizer.load_state_dict(state.optimizer)
    restore_generators(state.generators)


def choose_loss(run: Run, side: int) -> Loss:
    """Return the loss of an epoch; the teacher takes part where the images have its side."""
    config, labelled = run.config, label_loss(run.config.label_smoothing)
    if run.teacher and side == run.teacher.side:
        labelled = teacher_loss(labelled, run.teacher, config.teacher_weight, config.teacher_temperature)
    return outlier_exposure_loss(labelled) if run.outliers else labelled
