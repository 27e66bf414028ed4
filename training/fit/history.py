"""What a run tells about itself: a CSV log, TensorBoard events, and curves as a picture."""

import csv
import io
from pathlib import Path

from kakitori.files import replacing, write_text

LOG_FILE = "training_log.csv"
CURVES_FILE = "training_curves.png"
EVENTS_FOLDER = "tensorboard"


def write_log(history: list[dict[str, float]], model_dir: Path) -> None:
    """Write `training_log.csv`, one row an epoch, units in the header; empty where an epoch has no such figure."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in history for name in row)
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(model_dir / LOG_FILE, text.getvalue())


def log_events(row: dict[str, float], model_dir: Path) -> None:
    """Append one epoch's row to the run's TensorBoard events."""
    from torch.utils.tensorboard import SummaryWriter  # slow to import, and only the main process writes

    with SummaryWriter(str(model_dir / EVENTS_FOLDER)) as writer:
        for name, value in row.items():
            if name != "epoch":
                writer.add_scalar(name, value, int(row["epoch"]))


def plot_curves(history: list[dict[str, float]], model_dir: Path) -> None:
    """Write `training_curves.png`: loss, top-1, and learning rate with image side, over epochs."""
    from matplotlib.figure import Figure

    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    loss, top1, rate = figure.subplots(1, 3)
    for axes, part, label in ((loss, "loss", "cross-entropy"), (top1, "top1_percent", "top-1, %")):
        axes.plot(epochs, [row[f"train_{part}"] for row in history], color="#8a8478", label="training")
        axes.plot(epochs, [row[f"val_{part}"] for row in history], color="#c8402f", label="validation (average)")
        axes.set(xlabel="epoch", ylabel=label)
        axes.legend(frameon=False)
    top1.set_ylim(max(0, min(row["val_top1_percent"] for row in history[len(history) // 4 :]) - 5), 100.5)
    rate.plot(epochs, [row["lr"] for row in history], color="#2f3f52")
    rate.set(xlabel="epoch", ylabel="learning rate")
    side = rate.twinx()
    side.step(epochs, [row["side_px"] for row in history], where="mid", color="#c8402f", alpha=0.6)
    side.set(ylabel="image side, pixels", ylim=(0, None))
    for axes in (loss, top1, rate):
        axes.grid(alpha=0.25)
    with replacing(model_dir / CURVES_FILE) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
