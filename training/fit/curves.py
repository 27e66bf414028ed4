"""The picture of the training curves of one or several runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.files import replacing

TRAINING, VALIDATION, RATE = "#8a8478", "#c8402f", "#2f3f52"


@dataclass(frozen=True)
class Curve:
    """A run's name, and the rows of its log."""

    name: str
    history: list[dict[str, float]]


def best_row(history: list[dict[str, float]]) -> dict[str, float]:
    """Return the row with the highest validation top-1 among the epochs of the largest image side so far."""
    side = max(row["side_px"] for row in history)
    return max((row for row in history if row["side_px"] == side), key=lambda row: row["val_top1_percent"])


def plot_curves(curves: Sequence[Curve], path: Path) -> None:
    """Write a picture of loss, top-1, and learning rate with image side, by epoch; the runs stand side by side.

    The best epoch of the last run is marked.
    """
    from matplotlib.figure import Figure

    curves = [curve for curve in curves if curve.history]
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    loss, top1, rate = figure.subplots(1, 3)
    side = rate.twinx()
    starts = np.cumsum([0, *(len(curve.history) for curve in curves)])
    for curve, start in zip(curves, starts, strict=False):
        plot_run(curve.history, int(start), curve is curves[-1], loss, top1, rate, side)
    labels = ("cross-entropy, nats", "top-1, %", "learning rate")
    for axes, label in zip((loss, top1, rate), labels, strict=True):
        axes.set(ylabel=label)
        mark_runs(axes, [curve.name for curve in curves], starts)
    side.set(ylabel="image side, pixels", ylim=(0, None))
    side.yaxis.label.set_color(VALIDATION)
    top1.set_ylim(*top1_limits([row for curve in curves for row in curve.history]))
    best = best_row(curves[-1].history)
    epoch = int(starts[-2] + curves[-1].history.index(best) + 1)
    words = f"best epoch: {epoch}, validation top-1 {best['val_top1_percent']:.2f} %"
    for axes, name in ((loss, "val_loss"), (top1, "val_top1_percent")):
        axes.plot([epoch], [best[name]], "o", color=VALIDATION, fillstyle="none", markersize=9, label=words)
    figure.legend(*top1.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def plot_run(
    history: list[dict[str, float]], start: int, is_named: bool, loss: Any, top1: Any, rate: Any, side: Any
) -> None:
    """Add the curves of a run, whose first epoch has the number `start` + 1, to the axes and, if named, the legends."""
    names = ("training, one pass", "validation, averaged weights") if is_named else (None, None)
    epochs = np.arange(start + 1, start + 1 + len(history))
    dots = {"marker": "."} if len(history) < 30 else {}

    def values(name: str) -> list[float]:
        return [row.get(name, np.nan) for row in history]

    for axes, part in ((loss, "loss"), (top1, "top1_percent")):
        axes.plot(epochs, values(f"train_{part}"), color=TRAINING, label=names[0], **dots)
        axes.plot(epochs, values(f"val_{part}"), color=VALIDATION, label=names[1], **dots)
    rate.plot(epochs, values("lr"), color=RATE, **dots)
    side.step(epochs, values("side_px"), where="mid", color=VALIDATION, alpha=0.6)


def mark_runs(axes: Any, names: Sequence[str], starts: np.ndarray) -> None:
    """Label the x axis in whole epochs, and separate and name the runs if there are several."""
    from matplotlib.ticker import MaxNLocator

    axes.set(xlabel="epoch", xlim=(0.5, starts[-1] + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    if len(names) < 2:
        return
    for name, first, last in zip(names, starts, starts[1:], strict=False):
        axes.axvline(first + 0.5, color="black", linewidth=0.8, linestyle=":")
        place = ((first + last + 1) / 2, 1.01)
        axes.text(*place, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize="small",
                  parse_math=False)  # fmt: skip


def top1_limits(rows: list[dict[str, float]]) -> tuple[float, float]:
    """Return the lowest and highest top-1 to show, in percent, leaving out the first quarter of the epochs."""
    shown = rows[len(rows) // 4 :]
    values = [row[name] for row in shown for name in ("train_top1_percent", "val_top1_percent")]
    margin = max(0.5, 0.06 * (max(values) - min(values)))
    return max(0.0, min(values) - margin), min(100.5, max(values) + margin)
