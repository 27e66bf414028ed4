"""The record of a run: progress bars, a CSV log, TensorBoard events, and a picture of the curves."""

import csv
import io
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kakitori.files import replacing, write_text

LOG_FILE = "training_log.csv"
CURVES_FILE = "training_curves.png"
EVENTS_FOLDER = "tensorboard"


class TrainProgress:
    """Two progress bars, of the run and of the epoch, and one line per finished epoch.

    A context manager. Disabled (in processes other than the first), it prints nothing.
    """

    def __init__(self, epochs: int, done: int, enabled: bool = True) -> None:
        self._enabled = enabled
        self._console = Console(quiet=not enabled, soft_wrap=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[facts]}"),
            console=self._console,
        )
        self._run = self._bars.add_task("run", total=epochs, completed=done, facts="")
        self._epoch = self._bars.add_task("epoch", total=None, facts="")

    def __enter__(self) -> "TrainProgress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def start_epoch(self, epoch: int, batches: int, side: int) -> None:
        """Reset the lower bar for an epoch of `batches` steps at `side` pixels."""
        self._bars.reset(self._epoch, total=batches, description=f"epoch {epoch} ({side} px)", facts="")
        self._started, self._images = time.perf_counter(), 0

    def advance(self, loss: float, top1_percent: float, images: int) -> None:
        """Advance the lower bar by one step of `images` images, with the means of the epoch so far."""
        self._images += images
        speed = self._images / (time.perf_counter() - self._started)
        self._bars.update(
            self._epoch, advance=1, facts=f"loss {loss:.3f}  top-1 {top1_percent:.1f} %  {speed:,.0f} images/s"
        )

    def print_row(self, row: dict[str, float]) -> None:
        """Print one epoch's results above the bars, also without a terminal."""
        self._bars.update(self._run, advance=1)
        self._console.print(
            f"epoch {row['epoch']:3d}  {row['side_px']} px  loss {row['train_loss']:.3f}  "
            f"validation top-1 {row['val_top1_percent']:.2f} %  top-10 {row['val_top10_percent']:.2f} %  "
            f"{row['images_per_second']:,.0f} images/s  {row['epoch_seconds']:.0f} s",
            highlight=False,
        )


def write_log(history: list[dict[str, float]], model_dir: Path) -> None:
    """Write `training_log.csv`: one row per epoch, units in the header; a figure that an epoch lacks is empty."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in history for name in row)
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(model_dir / LOG_FILE, text.getvalue())


def log_events(row: dict[str, float], model_dir: Path) -> None:
    """Append one epoch's figures to the run's TensorBoard events."""
    from torch.utils.tensorboard import SummaryWriter  # slow to import, and only the main process writes

    with SummaryWriter(str(model_dir / EVENTS_FOLDER)) as writer:
        for name, value in row.items():
            if name != "epoch":
                writer.add_scalar(name, value, int(row["epoch"]))


def plot_curves(history: list[dict[str, float]], model_dir: Path) -> None:
    """Write `training_curves.png`: loss, top-1, and learning rate with image side, by epoch."""
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
