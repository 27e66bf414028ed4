"""The record of a run, written after every epoch: a CSV log, TensorBoard events, and a picture of the curves."""

import csv
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kakitori.errors import ModelError
from kakitori.files import write_text
from training.fit.curves import Curve, plot_curves

LOG_FILE = "training_log.csv"
CURVES_FILE = "training_curves.png"
EVENTS_FOLDER = "tensorboard"
PLOTTED = ("lr", "side_px", "train_loss", "train_top1_percent", "val_loss", "val_top1_percent")  # columns
SECONDS_BETWEEN_CURVES = 10.0  # drawing takes half a second, which is longer than an epoch of a few images

History = list[dict[str, float]]


class Record:
    """The files in which a run can be watched. A context manager; they are written whole, or closed, on an error too.

    TensorBoard's tags are the columns of the log, its steps the epochs.
    """

    def __init__(
        self, model_dir: Path, events: Path, done: int, earlier: Sequence[Curve] = (),
        seconds_between_curves: float = SECONDS_BETWEEN_CURVES,
    ) -> None:  # fmt: skip
        """Describe the record.

        Args:
            model_dir: for log and curves.
            events: folder of the run's TensorBoard events.
            done: epoch after which the run starts; events of later epochs, of an interrupted run, are hidden.
            earlier: curves of the runs before this one, to be drawn before its own.
            seconds_between_curves: least time between two pictures; `finish` draws the last one.
        """
        self._model_dir, self._events, self._done, self._earlier = model_dir, events, done, earlier
        self._interval, self._drawn = seconds_between_curves, time.monotonic()
        self._writer: Any = None

    def __enter__(self) -> "Record":
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and only the main process writes

        self._writer = SummaryWriter(str(self._events), purge_step=self._done + 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write_epoch(self, history: History) -> None:
        """Write the events of the last epoch, the log, and, if the last picture is old enough, the curves."""
        row = history[-1]
        for name, value in row.items():
            if name != "epoch":
                self._writer.add_scalar(name, value, int(row["epoch"]))
        self._writer.flush()
        write_log(history, self._model_dir)
        if time.monotonic() - self._drawn >= self._interval:
            self.draw_curves(history)

    def finish(self, history: History) -> None:
        """Write the log and the curves."""
        write_log(history, self._model_dir)
        self.draw_curves(history)

    def draw_curves(self, history: History) -> None:
        """Write `training_curves.png`, of the earlier runs too."""
        plot_curves([*self._earlier, Curve(self._model_dir.name, history)], self._model_dir / CURVES_FILE)
        self._drawn = time.monotonic()


def events_folder(model_dir: Path, last_model: Path) -> Path:
    """Return the folder of a run's TensorBoard events, in that of the last model of its chain of runs.

    `tensorboard --logdir <last model>/tensorboard` shows every run of the chain by the folder of its model:
    `stages/base`, `kanji`.
    """
    is_inside = model_dir != last_model and model_dir.is_relative_to(last_model)
    return last_model / EVENTS_FOLDER / (model_dir.relative_to(last_model) if is_inside else model_dir.name)


def delete_events(folder: Path) -> None:
    """Delete the TensorBoard events of a run; folders below are those of other runs."""
    for path in folder.glob("events.out.tfevents.*"):
        path.unlink()


def write_log(history: History, model_dir: Path) -> None:
    """Write `training_log.csv`: one row per epoch, units in the header; a figure that an epoch lacks is empty."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in history for name in row)
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_text(model_dir / LOG_FILE, text.getvalue())


def read_log(model_dir: Path) -> History:
    """Return the rows of `training_log.csv`, without figures that are empty; none if there is no such file.

    Raises:
        ModelError: if a row is not that of an epoch.
    """
    path = model_dir / LOG_FILE
    if not path.exists():
        return []
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    try:
        history = [{name: float(value) for name, value in row.items() if value} for row in rows]
    except (TypeError, ValueError):  # a row with more cells than the header, or text
        history = [{}]
    if not all(row.keys() >= set(PLOTTED) for row in history):
        raise ModelError(f"{path} is not a training log: expected numbers in {', '.join(PLOTTED)}; delete it.")
    return history
