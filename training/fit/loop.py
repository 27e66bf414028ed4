"""One epoch and one evaluation: numbers in, numbers out; nothing is written here."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from training.compress.distillation import Loss
from training.evaluation.metrics import ranks, top_k_percent
from training.fit.batches import to_input

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class EpochResult:
    """Means over an epoch of one process: loss, top-1 on the images as they were trained on, and speed."""

    loss: float
    top1_percent: float
    images_per_second: float
    seconds: float


@dataclass
class Trainer:
    """What an epoch works on. `network` and `optimizer` come from `accelerator.prepare`."""

    accelerator: Accelerator
    network: nn.Module
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    clip_norm: float


def train_epoch(
    trainer: Trainer,
    batches: Iterable[tuple[Tensor, Tensor]],
    rates: Sequence[float],
    decays: Sequence[float],
    loss_of: Loss,
    report: Callable[[float, float, int], None] = lambda loss, top1_percent, images: None,
) -> EpochResult:
    """Train on all batches; step i uses learning rate `rates[i]` and averages weights with `decays[i]`.

    The last images of a batch may have no label: only the loss is told.

    `report` is called after every step with the loss and top-1 so far and the number of images in the step.
    """
    trainer.network.train()
    device = trainer.accelerator.device
    started, images, loss_sum, correct = time.perf_counter(), 0, 0.0, 0
    for (pixels, labels), rate, decay in zip(batches, rates, decays, strict=True):
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        labels = labels.to(device, non_blocking=True)
        x = to_input(pixels.to(device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        with trainer.accelerator.autocast():
            logits = trainer.network(x)
            loss = loss_of(x, logits, labels)
        trainer.accelerator.backward(loss)
        trainer.accelerator.clip_grad_norm_(trainer.network.parameters(), trainer.clip_norm)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        average_weights(trainer.average, trainer.accelerator.unwrap_model(trainer.network), decay)
        images += len(labels)
        loss_sum += float(loss.detach()) * len(labels)
        correct += int((logits[: len(labels)].detach().argmax(1) == labels).sum())
        report(loss_sum / images, 100 * correct / images, len(labels))
    seconds = time.perf_counter() - started
    return EpochResult(loss_sum / images, 100 * correct / images, images / seconds, seconds)


@torch.no_grad()
def average_weights(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged weights, and the batch-norm statistics with them, towards the network's, in place."""
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.is_floating_point():
            ours.lerp_(theirs, 1 - decay)
        else:
            ours.copy_(theirs)


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor, device: torch.device | str = "cpu") -> np.ndarray:
    """Return the logits (N, K) float32 of (N, H, W) uint8 coverage, in evaluation mode."""
    network.eval()
    rows = [
        network(to_input(part.to(device)).contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
        for part in images.split(EVALUATION_BATCH)
    ]
    return np.concatenate(rows)


def evaluate_set(
    network: nn.Module, images: Tensor, labels: Tensor, device: torch.device | str = "cpu"
) -> dict[str, float]:
    """Return the mean cross-entropy `loss` and the top-k percentages of a set of images (N, H, W) uint8."""
    logits = predict(network, images, device)
    loss = nn.functional.cross_entropy(torch.from_numpy(logits), labels)
    return {"loss": float(loss), **top_k_percent(ranks(logits, labels.numpy()))}
