"""evaluation.json: the figures of every measure, evaluation set and variant; docs/ablation.json: those of ablations.

evaluation.json is a list of entries, one class per `measure`. Figures that were not measured are left out of the file.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kakitori.schemas.config import Count
from kakitori.schemas.manifest import Percent

Figures = list[Annotated[float, Meta(ge=0, le=100)]]


class AccuracyRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Top-k percentages of the samples of one source and writer; "all" stands for several.

    `outside_charset` counts the samples left out because the model has no class for them. `balanced_percent` is the
    mean over classes of top-1; only prepared sets have it.
    """

    source: str
    writer: str
    characters: Count
    outside_charset: Count
    top1_percent: Percent
    top5_percent: Percent
    top10_percent: Percent
    balanced_percent: Percent | None = None


class CorruptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Top-k percentages under one corruption.

    `characters` counts the drawings that the corruption applies to; `clean_top1_percent` is top-1 on the same drawings
    without it.
    """

    corruption: str
    source: str
    characters: Count
    top1_percent: Percent
    top5_percent: Percent
    top10_percent: Percent
    clean_top1_percent: Percent


class ConfusableRow(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of one group's samples that were classified correctly, or as another member of the group."""

    group: str
    characters: Count
    right_percent: Percent
    confused_percent: Percent


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """A reliability diagram: per bin of probability the answers, their mean probability and their accuracy."""

    counts: list[Count]
    probability_percent: Figures
    right_percent: Figures


class ConfidenceRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Calibration and rejection on one source; `right_percent` and the four after it need samples of the charset.

    `outside_charset` counts the samples of other characters, `outside_accepted_percent` the share of them that was not
    rejected as unsure.
    """

    source: str
    characters: Count
    outside_charset: Count
    right_percent: Percent | None = None
    probability_percent: Percent | None = None
    ece_percent: Percent | None = None
    ece_uncalibrated_percent: Percent | None = None
    unsure_percent: Percent | None = None
    outside_accepted_percent: Percent | None = None
    reliability: Reliability | None = None


class OutOfDistributionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The share of one kind of out-of-distribution drawings that was accepted, and that each score would accept."""

    kind: str
    images: Count
    accepted_percent: Percent
    scores_accepted_percent: dict[str, Percent]


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="measure"):
    """What every entry has: evaluation set, variant, the engine and its version, and the date as YYYY-MM-DD."""

    set: str
    variant: str
    engine: str
    date: str

    @property
    def measure(self) -> str:
        """The name of the measure in the file."""
        return str(self.__struct_config__.tag)

    @property
    def key(self) -> tuple[str, str, str]:
        """Measure, set and variant: a file holds one entry of each."""
        return self.measure, self.set, self.variant


class AccuracyEntry(Entry, frozen=True, kw_only=True, tag="accuracy"):
    """Accuracy on an evaluation set."""

    rows: list[AccuracyRow]


class ConfusablesEntry(Entry, frozen=True, kw_only=True, tag="confusables"):
    """Accuracy on groups of confusable characters."""

    rows: list[ConfusableRow]


class CorruptionsEntry(Entry, frozen=True, kw_only=True, tag="corruptions"):
    """Accuracy under corruptions."""

    rows: list[CorruptionRow]


class ConfidenceEntry(Entry, frozen=True, kw_only=True, tag="confidence"):
    """Calibration and rejection. The last row has the reliability diagram of all samples."""

    rows: list[ConfidenceRow]


class OutOfDistributionEntry(Entry, frozen=True, kw_only=True, tag="out_of_distribution"):
    """Out-of-distribution drawings that were accepted."""

    rows: list[OutOfDistributionRow]


EvaluationEntry = AccuracyEntry | ConfusablesEntry | CorruptionsEntry | ConfidenceEntry | OutOfDistributionEntry


class AblationSet(msgspec.Struct, frozen=True, kw_only=True):
    """Top-1 of one run on one evaluation set."""

    set: str
    characters: Count
    top1_percent: Percent


class AblationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run: the effect left out, the images it was trained on, and its accuracy on each set."""

    without: str
    images_seen: Count
    sets: list[AblationSet]


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """An ablation; `setting` is `TrainConfig.facts` of all runs, whose fields differ between versions."""

    setting: dict[str, Any]
    date: str
    command: str
    rows: list[AblationRow]
