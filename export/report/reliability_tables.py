"""What `invoke evaluate --confidence` measured, for people: Markdown tables and a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.report.markdown import markdown_table
from kakitori.confidence import REJECTION_FACTOR
from kakitori.files import replacing
from kakitori.spec import Confidence
from training.evaluation.results import CONFIDENCE, OUT_OF_DISTRIBUTION, of_measure

RELIABILITY_FILE = "reliability.png"
FEWEST = 20  # answers in a bin that is drawn: fewer say nothing about a percentage

Entries = list[dict[str, Any]]  # of evaluation.json


def confidence_text(evaluation: Entries, confidence: Confidence) -> str:
    """Return calibration and refusals by set, source and variant, then what is accepted by kind; "" if not measured."""
    known, outliers = of_measure(evaluation, CONFIDENCE), of_measure(evaluation, OUT_OF_DISTRIBUTION)
    parts = [_known_table(known)] if known else []
    parts += [_outliers_table(outliers)] if outliers else []
    if not parts:
        return ""
    engines = sorted({f"{entry['engine']}, {entry['date']}" for entry in known + outliers})
    parts.append(
        f"Probabilities are the softmax of logits / {confidence.temperature:g}; unsure is an answer that has less than "
        f"{100 * confidence.threshold:.3g} % at {REJECTION_FACTOR:g} times that temperature: fitted on "
        f"{confidence.images:,} held-out images of {confidence.fitted_on or 'nothing'}. ECE: expected calibration "
        f"error, 15 bins. Measured by `invoke evaluate --confidence` in {'; '.join(engines)}."
    )
    return "\n\n".join(parts)


def scores_text(evaluation: Entries) -> str:
    """Return what each score would accept of outliers where it refuses 1 % of ink; "" if not measured."""
    entries = of_measure(evaluation, OUT_OF_DISTRIBUTION)
    if not entries:
        return ""
    accepted = {row["kind"]: row["scores_accepted_percent"] for row in entries[0]["rows"]}
    names = list(next(iter(accepted.values())))
    means = {name: sum(row[name] for row in accepted.values()) / len(accepted) for name in names}
    rows = [[kind, *(f"{row[n]:.1f} %" for n in names)] for kind, row in (accepted | {"mean of kinds": means}).items()]
    return markdown_table([f"accepted, {entries[0]['variant']}, by", *names], rows, 1)


def _known_table(entries: Entries) -> str:
    headings = ["evaluation set", "source", "variant", "characters", "right", "mean probability", "ECE",
                "ECE without temperature", "unsure", "characters outside the charset", "of those accepted"]  # fmt: skip
    figures = ("right_percent", "probability_percent", "ece_percent", "ece_uncalibrated_percent", "unsure_percent")
    rows = []
    for entry in entries:
        for row in entry["rows"]:
            known = [_percent(row, name) for name in figures]
            others = [f"{row['outside_charset']:,}", _percent(row, "outside_accepted_percent")]
            rows.append([entry["set"], row["source"], entry["variant"], f"{row['characters']:,}", *known, *others])
    return markdown_table(headings, rows, 3)


def _percent(row: dict[str, Any], name: str) -> str:
    return f"{row[name]:.2f} %" if name in row else ""


def _outliers_table(entries: Entries) -> str:
    """Return the shares accepted, a column for each variant."""
    variants = [entry["variant"] for entry in entries]
    images = {row["kind"]: row["images"] for entry in entries for row in entry["rows"]}
    accepted = {(row["kind"], entry["variant"]): row for entry in entries for row in entry["rows"]}
    rows = [
        [kind, f"{count:,}", *(_percent(accepted.get((kind, variant), {}), "accepted_percent") for variant in variants)]
        for kind, count in images.items()
    ]
    return markdown_table(["not of the charset", "images", *(f"accepted, {v}" for v in variants)], rows, 1)


def plot_reliability(evaluation: Entries, path: Path) -> bool:
    """Write the picture of answers right over probability, a line for each set and variant; tell if there was any."""
    entries = of_measure(evaluation, CONFIDENCE)
    if not entries:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color="#8a8478", linewidth=0.8)
    for entry in entries:
        axes.plot(*_points(entry["rows"][-1]["reliability"]), marker="o", label=f"{entry['set']}, {entry['variant']}")
    axes.set(xlabel="probability of the answer, %", ylabel="answers that are right, %", xlim=(0, 101), ylim=(0, 101))
    axes.legend(frameon=False, fontsize=8)
    axes.grid(alpha=0.25)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
    return True


def _points(bins: dict[str, Sequence[float]]) -> tuple[list[float], list[float]]:
    kept = [i for i, count in enumerate(bins["counts"]) if count >= FEWEST]
    return [bins["probability_percent"][i] for i in kept], [bins["right_percent"][i] for i in kept]
