"""The settings of a training run. Standard library and tables only: the command line is made from them."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from kakitori.errors import KakitoriError
from kakitori.schemas.config import SIZES
from kakitori.spec import POOLINGS
from training.fit import settings
from training.fit.settings import Setting
from training.models.registry import ARCHITECTURES, check_widths

POOLING_NAMES = tuple(name for name, row in POOLINGS.items() if not row.fixed)


@dataclass(frozen=True)
class TrainConfig:
    """What determines a run's result, and, in transient settings, where and how it computes.

    Choices, bounds and contradictions are checked on construction.
    """

    model: Annotated[Path, Setting("Model directory to write.", transient=True)] = Path("models/kanji")
    arch: Annotated[str, Setting("Network architecture.", choices=ARCHITECTURES)] = "compact"
    widths: Annotated[
        tuple[int, ...] | None,
        Setting(
            "Channels of the stem and of each stage, such as 24,48,96,144.",
            otherwise="those of the model to start from, or the architecture's own",
        ),
    ] = None
    pooling: Annotated[str, Setting("Pooling before the classifier.", choices=POOLING_NAMES)] = "adaptive_avg"
    dataset: Annotated[
        str, Setting("Data set: ink, ink-wide, a prepared set such as etl9g, or several joined by +.")
    ] = "ink"
    mix: Annotated[
        str | None, Setting("Shares of the parts of a joined data set, such as 1:3.", otherwise="equal shares")
    ] = None
    without: Annotated[
        str | None,
        Setting("Effects of the hand to leave out of the ink, such as joins,hooks, to measure them.", otherwise="none"),
    ] = None
    size: Annotated[int, Setting("Image side in pixels.", choices=SIZES)] = 64
    epochs: Annotated[
        int,
        Setting(
            "Epochs of 20 images a class (or --sample-limit images); may be raised for an interrupted or finished run.",
            above=0,
        ),
    ] = 40
    batch_size: Annotated[int, Setting("Images a step and process.", above=0, at_most=16_384)] = 256
    learning_rate: Annotated[float, Setting("Peak of the cosine schedule, for AdamW.", above=0)] = 3e-3
    class_limit: Annotated[
        int | None, Setting("Only the first N classes, for quick runs.", above=0, otherwise="all")
    ] = None
    sample_limit: Annotated[
        int | None, Setting("Only N images an epoch, for quick runs.", above=0, otherwise="all of the data set")
    ] = None
    patience: Annotated[
        int, Setting("Full-size epochs without a better validation top-1 before the run stops early.", above=0)
    ] = 12
    ema_decay: Annotated[
        float,
        Setting(
            "Decay per step of the moving average of the weights; smaller in a run's first steps.", at_least=0, below=1
        ),
    ] = 0.999
    start_from: Annotated[
        Path | None,
        Setting(
            "Model directory whose weights the run starts from; all its epochs then have the full image side.",
            otherwise="random weights",
        ),
    ] = None
    prune: Annotated[
        float | None,
        Setting(
            "Share of the channels to remove, the least important first, before the first epoch.",
            above=0, below=1, needs="start_from", otherwise="none",
        ),
    ] = None  # fmt: skip
    prune_steps: Annotated[
        int, Setting("Runs of --epochs each over which --prune is spread.", above=0, needs="prune")
    ] = 1
    low_rank: Annotated[
        int | None,
        Setting(
            "Rank of a classifier of two layers; the classifier of a model to start from is factored.",
            above=0,
            otherwise="a classifier of one layer",
        ),
    ] = None
    qat: Annotated[
        bool,
        Setting("Quantization-aware training: round weights and activations as INT8 will.", needs="start_from"),
    ] = False
    teacher: Annotated[
        Path | None,
        Setting(
            "Model directory of a network to distil from, with this run's image side and all its classes.",
            otherwise="none",
        ),
    ] = None
    teacher_weight: Annotated[
        float, Setting("Share of the teacher in the loss.", above=0, at_most=1, needs="teacher")
    ] = 0.5
    teacher_temperature: Annotated[
        float, Setting("Divides the logits of student and teacher in the distillation loss.", above=0, needs="teacher")
    ] = 2.0
    outlier_exposure: Annotated[
        float | None,
        Setting(
            "Out-of-distribution images for each image of a batch, such as 0.1: one for ten.",
            above=0,
            otherwise="none",
        ),
    ] = None
    seed: Annotated[int, Setting("Seed of the weights and of the data.", at_least=0, at_most=2**32 - 1)] = 1
    device: Annotated[str, Setting("Where to compute.", choices=("auto", "cpu", "cuda"), transient=True)] = "auto"
    workers: Annotated[
        int | None,
        Setting(
            "Processes that draw images, for each process that trains.",
            at_least=0, transient=True, otherwise="half the logical processors, 1 to 8",
        ),
    ] = None  # fmt: skip
    resume: Annotated[
        bool, Setting("Require a checkpoint to continue from (without it, one is used if present).", transient=True)
    ] = False
    fresh: Annotated[bool, Setting("Delete existing checkpoints and start over.", transient=True)] = False
    weight_decay: Annotated[float, Setting("Weight decay of AdamW.", at_least=0)] = 0.03
    warmup_steps: Annotated[int, Setting("Steps of linear warm-up; at most a tenth of the run.", at_least=0)] = 300
    label_smoothing: Annotated[
        float, Setting("Share of the target that is spread over all classes.", at_least=0, below=1)
    ] = 0.05
    clip_norm: Annotated[float, Setting("Largest norm of the gradient.", above=0)] = 2.0
    keep_checkpoints: Annotated[
        int, Setting("Last epochs whose checkpoints are kept, besides the best one's.", above=0, transient=True)
    ] = 2
    threads: Annotated[
        int | None,
        Setting(
            "Threads of torch in each process that trains.",
            above=0, transient=True, otherwise="the physical cores that --workers leave",
        ),
    ] = None  # fmt: skip

    stage: str = field(default="", compare=False)
    """The recipe and the stage that the settings stand in, for messages; empty for those of a command line."""

    def __post_init__(self) -> None:
        settings.check(self)
        if self.widths is not None:
            check_widths(self.arch, self.widths)
        if self.resume and self.fresh:
            raise KakitoriError("--resume and --fresh exclude each other: leave one out.")
        if self.prune and self.qat:
            raise KakitoriError("--prune and --qat exclude each other: prune first, then start from the pruned model.")

    @classmethod
    def from_flags(cls, flags: dict[str, Any]) -> "TrainConfig":
        """Return the settings with the flags that are given, as text, number or switch.

        Raises:
            KakitoriError: for a value of a wrong type, out of range, or without effect.
        """
        return cls.from_values(settings.given(flags), from_text=True)

    @classmethod
    def from_values(cls, values: dict[str, Any], from_text: bool = False) -> "TrainConfig":
        """Return the settings with the given values, which have the types of TOML.

        Args:
            values: by name; the names must be settings.
            from_text: whether numbers may be given as text.

        Raises:
            KakitoriError: as `from_flags`.
        """
        for name in settings.given(values):
            settings.check_needs(SETTINGS[name], values)
        return cls(**{name: settings.parse(SETTINGS[name], value, from_text) for name, value in values.items()})

    @property
    def facts(self) -> dict[str, Any]:
        """Return what determines the result, as plain values: stored with checkpoints and in `config.json`.

        Details of a setting that is not used, such as the weight of no teacher, are None.
        """
        values = {name: settings.plain(value) for name, value in asdict(self).items() if name in DETERMINING}
        unused = [name for name in values if (needed := SETTINGS[name].setting.needs) and not values[needed]]
        return values | {name: None for name in unused if values[name]}


SETTINGS = settings.rows(TrainConfig)
TRANSIENT = tuple(name for name, row in SETTINGS.items() if row.setting.transient)
DETERMINING = tuple(name for name in SETTINGS if name not in TRANSIENT)
