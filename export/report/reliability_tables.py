"""Markdown tables and the reliability diagram of `invoke evaluate --confidence`."""

from pathlib import Path

from export.report.tables import markdown_table, percent
from kakitori.confidence import REJECTION_FACTOR
from kakitori.files import replacing
from kakitori.schemas.evaluation import ConfidenceEntry, EvaluationEntry, OutOfDistributionEntry, Reliability
from kakitori.spec import Confidence
from training.evaluation.metrics import BINS
from training.evaluation.results import engines_of, of_measure

RELIABILITY_FILE = "reliability.png"
FEWEST = 20  # answers in a bin of the diagram: the accuracy of fewer is mostly noise


def confidence_text(evaluation: list[EvaluationEntry], confidence: Confidence) -> str:
    """Return calibration and rejection by set and source, then by out-of-distribution kind; "" if not measured."""
    known = of_measure(evaluation, ConfidenceEntry)
    outliers = of_measure(evaluation, OutOfDistributionEntry)
    parts = [_known_table(known)] if known else []
    parts += [_outliers_table(outliers)] if outliers else []
    if not parts:
        return ""
    parts.append(
        f"Probabilities are the softmax of logits / {confidence.temperature:g}. An answer is rejected as unsure if its "
        f"probability at {REJECTION_FACTOR:g} times that temperature is below {100 * confidence.threshold:.3g} %. Both "
        f"were fitted on {confidence.images:,} validation images of {confidence.fitted_on or 'nothing'}. ECE: expected "
        f"calibration error, {BINS} bins. Measured by `invoke evaluate --confidence` in "
        f"{engines_of([*known, *outliers])}."
    )
    return "\n\n".join(parts)


def scores_text(evaluation: list[EvaluationEntry]) -> str:
    """Return the share of each kind that each rejection score would accept, and their means; "" if not measured."""
    entries = of_measure(evaluation, OutOfDistributionEntry)
    if not entries:
        return ""
    accepted = {row.kind: row.scores_accepted_percent for row in entries[0].rows}
    names = list(next(iter(accepted.values())))
    means = {name: sum(row[name] for row in accepted.values()) / len(accepted) for name in names}
    rows = [[kind, *(f"{row[n]:.1f} %" for n in names)] for kind, row in (accepted | {"mean of kinds": means}).items()]
    return markdown_table([f"accepted, {entries[0].variant}, by", *names], rows, 1)


def _known_table(entries: list[ConfidenceEntry]) -> str:
    headings = ["evaluation set", "source", "variant", "characters", "correct", "mean probability", "ECE",
                "ECE without temperature", "unsure", "characters outside the charset", "of those accepted"]  # fmt: skip
    rows = [
        [
            entry.set, row.source, entry.variant, f"{row.characters:,}", percent(row.right_percent),
            percent(row.probability_percent), percent(row.ece_percent), percent(row.ece_uncalibrated_percent),
            percent(row.unsure_percent), f"{row.outside_charset:,}", percent(row.outside_accepted_percent),
        ]
        for entry in entries for row in entry.rows
    ]  # fmt: skip
    return markdown_table(headings, rows, 3)


def _outliers_table(entries: list[OutOfDistributionEntry]) -> str:
    """Return the shares accepted, a column for each variant."""
    variants = [entry.variant for entry in entries]
    images = {row.kind: row.images for entry in entries for row in entry.rows}
    accepted = {(row.kind, entry.variant): row.accepted_percent for entry in entries for row in entry.rows}
    rows = [
        [kind, f"{count:,}", *(percent(accepted.get((kind, variant))) for variant in variants)]
        for kind, count in images.items()
    ]
    return markdown_table(["out of distribution", "images", *(f"accepted, {v}" for v in variants)], rows, 1)


def plot_reliability(evaluation: list[EvaluationEntry], path: Path) -> bool:
    """Write the reliability diagram, a line for each set and variant; return whether there was one to write."""
    entries = of_measure(evaluation, ConfidenceEntry)
    diagrams = [(f"{entry.set}, {entry.variant}", entry.rows[-1].reliability) for entry in entries]
    if not entries:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color="#8a8478", linewidth=0.8)
    for label, diagram in diagrams:
        if diagram:
            axes.plot(*_points(diagram), marker="o", label=label)
    axes.set(xlabel="probability of the answer, %", ylabel="correct answers, %", xlim=(0, 101), ylim=(0, 101))
    axes.legend(frameon=False, fontsize=8)
    axes.grid(alpha=0.25)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
    return True


def _points(diagram: Reliability) -> tuple[list[float], list[float]]:
    """Return mean probability and accuracy, in percent, of the bins with at least FEWEST answers."""
    kept = [i for i, count in enumerate(diagram.counts) if count >= FEWEST]
    return [diagram.probability_percent[i] for i in kept], [diagram.right_percent[i] for i in kept]
