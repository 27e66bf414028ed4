"""Live progress of a training run: two bars with loss, accuracy, speed and time left, and a line an epoch."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class TrainProgress:
    """A context manager; disabled (in processes other than the first) it shows nothing."""

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
        """Show one more step."""
        self._images += images
        speed = self._images / (time.perf_counter() - self._started)
        self._bars.update(
            self._epoch, advance=1, facts=f"loss {loss:.3f}  top-1 {top1_percent:.1f} %  {speed:,.0f} images/s"
        )

    def print_row(self, row: dict[str, float]) -> None:
        """Print an epoch's result above the bars (also where there is no terminal)."""
        self._bars.update(self._run, advance=1)
        self._console.print(
            f"epoch {row['epoch']:3d}  {row['side_px']} px  loss {row['train_loss']:.3f}  "
            f"validation top-1 {row['val_top1_percent']:.2f} %  top-10 {row['val_top10_percent']:.2f} %  "
            f"{row['images_per_second']:,.0f} images/s  {row['epoch_seconds']:.0f} s",
            highlight=False,
        )
