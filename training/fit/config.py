"""The settings of a training run."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kakitori.errors import KakitoriError, check_choice
from kakitori.spec import POOLINGS, SIZES
from training.models.registry import check_widths, format_widths, get_architecture

# Not part of what a run is: a run may be resumed elsewhere, or with other processes, and stay the same run.
TRANSIENT = ("model", "resume", "fresh", "device", "workers", "keep_checkpoints")
POSITIVE = (
    "epochs", "batch_size", "learning_rate", "sample_limit", "patience", "keep_checkpoints", "teacher_weight",
    "teacher_temperature", "prune_steps", "low_rank", "outlier_exposure",
)  # fmt: skip
# Settings that say how another is used: they mean nothing, and are not a run's facts, where that one is not set.
DETAILS_OF = {"teacher": ("teacher_weight", "teacher_temperature"), "prune": ("prune_steps",)}


@dataclass(frozen=True)
class TrainConfig:
    """What fixes a run's result, and where and how it runs. Choices and ranges are checked on construction."""

    model: Path = Path("models/kanji")
    arch: str = "compact"
    widths: tuple[int, ...] | None = None
    """Channels of the stem and of each stage; None means the architecture's own."""
    pooling: str = "adaptive_avg"
    dataset: str = "ink"
    mix: str | None = None
    """Shares of the parts of a data set such as ink+etl9g, "1:3"; None means equal ones."""
    without: str | None = None
    """Effects of the hand that the ink does not show, "joins,hooks": to measure what they are worth."""
    size: int = 64
    epochs: int = 40
    batch_size: int = 256
    """Images a step and process."""
    learning_rate: float = 3e-3
    """Peak of the cosine, for AdamW."""
    weight_decay: float = 0.03
    warmup_steps: int = 300
    """Optimizer steps of linear warm-up; at most a tenth of the run."""
    label_smoothing: float = 0.05
    clip_norm: float = 2.0
    ema_decay: float = 0.999
    """Per step; smaller in the first steps of a run."""
    patience: int = 12
    """Full-size epochs without a better validation top-1 before the run stops early."""
    class_limit: int | None = None
    """Train only the first classes of the charset."""
    sample_limit: int | None = None
    """Images an epoch; None means the data set's own number."""
    start_from: Path | None = None
    """Model directory whose weights the run starts from; its images then have the full side from the first epoch."""
    prune: float | None = None
    """Share of the channels to take out of the model to start from, those that matter least, before the first epoch."""
    prune_steps: int = 1
    """Runs in which that is done: each takes out a part, and trains on for `epochs`."""
    low_rank: int | None = None
    """Rank of a classifier in two layers; that of a model to start from is factored."""
    qat: bool = False
    """Round weights and activations in training as the INT8 file will; only from a trained model's weights."""
    teacher: Path | None = None
    """Model directory of a network to learn from, beside the labels, in epochs of its image side."""
    teacher_weight: float = 0.5
    """Share of the teacher in the loss; labels have the rest."""
    teacher_temperature: float = 2.0
    """Divides the logits of both; above 1 the teacher's second choices count for more."""
    outlier_exposure: float | None = None
    """Images of no class beside each one of a batch, to learn doubt from: 0.1 is one beside ten."""
    seed: int = 1
    device: str = "auto"
    workers: int | None = None
    """Processes that draw images; None means as many as the processors allow."""
    keep_checkpoints: int = 2
    """Last epochs whose checkpoints are kept, besides the best one's."""
    resume: bool = False
    fresh: bool = False

    def __post_init__(self) -> None:
        get_architecture(self.arch)
        if self.widths is not None:
            check_widths(self.arch, self.widths)
        check_choice("device", self.device, ("auto", "cpu", "cuda"))
        check_choice("pooling", self.pooling, [name for name, row in POOLINGS.items() if not row.fixed])
        if self.size not in SIZES:
            raise KakitoriError(f"--size {self.size} is not one of {', '.join(map(str, SIZES))}.")
        if self.resume and self.fresh:
            raise KakitoriError("--resume and --fresh exclude each other: leave one out.")
        for name in ("qat", "prune"):
            if getattr(self, name) and not self.start_from:
                raise KakitoriError(f"--{name} needs trained weights: name their model directory with --start-from.")
        if self.prune is not None and not 0 < self.prune < 1:
            raise KakitoriError(f"--prune {self.prune} must be above 0 and below 1: a share of the channels.")
        if self.prune and self.qat:
            raise KakitoriError("--prune and --qat exclude each other: prune first, then start from the pruned model.")
        if self.teacher_weight > 1:
            raise KakitoriError(f"--teacher-weight {self.teacher_weight} must be at most 1.")
        for name in POSITIVE:
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise KakitoriError(f"{_flag(name)} {value} must be above 0.")

    @classmethod
    def from_flags(cls, flags: dict[str, Any]) -> "TrainConfig":
        """Return the settings with the flags that are not None, given as typed on a command line.

        Raises:
            KakitoriError: if a value is not a number where one is expected, or is out of range, or says how something
                is used that is not.
        """
        kinds = {f.name: f.type for f in fields(cls)}
        given = {name: value for name, value in flags.items() if value is not None}
        for whole, details in DETAILS_OF.items():
            alone = [detail for detail in details if detail in given and whole not in given]
            if alone:
                raise KakitoriError(f"{_flag(alone[0])} means nothing without {_flag(whole)}: add or drop one.")
        return cls(**{name: _parse(name, value, kinds[name]) for name, value in given.items()})

    @property
    def facts(self) -> dict[str, Any]:
        """What fixes the result, as plain values: stored with checkpoints and in `config.json`."""
        values = {name: _plain(value) for name, value in asdict(self).items() if name not in TRANSIENT}
        unused = [detail for whole, details in DETAILS_OF.items() if not values[whole] for detail in details]
        return values | dict.fromkeys(unused)


def _parse_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


# A setting's type, what makes it of a flag's text, and what the text should have been.
PARSERS = (
    (int, int, "a whole number"),
    (float, float, "a number"),
    (Path, Path, "a path"),
    (tuple[int, ...], _parse_numbers, "whole numbers joined by commas"),
)


def _plain(value: Any) -> Any:
    """Return a setting as JSON and a command line can hold it."""
    if isinstance(value, Path):
        return value.as_posix()
    return format_widths(value) if isinstance(value, tuple) else value


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parse(name: str, value: Any, kind: Any) -> Any:
    for type_, convert, meaning in PARSERS:
        if kind in (type_, type_ | None):
            try:
                return convert(value)
            except ValueError:
                raise KakitoriError(f"{_flag(name)} {value!r} is not {meaning}.") from None
    return value
