"""Progress of long work: bars with the time left on a terminal, plain lines at intervals elsewhere.

    with Bar("Exporting", len(variants), "files") as files:
        for variant in variants:
            for batch in track(batches, "Calibrating", unit="batches"):
                ...
            files.advance()

Bars nest. Shown in the first process only of those that torchrun started. Markup and emoji codes in labels are shown as
they are.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import TypeVar

import rich
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

T = TypeVar("T")

# Between two plain lines. Work that is shorter prints none, so that logs of tests and scripts stay short.
SECONDS_BETWEEN_LINES = 30.0
BAR_WIDTH = 12  # characters: the words beside it say more


def is_first_process() -> bool:
    """Return whether this process writes the files and reports, of those that torchrun may have started."""
    return int(os.environ.get("RANK", "0")) == 0


def plain_console() -> Console:
    """Return a console that prints names of files and classes as they are: without markup and emoji codes."""
    return Console(markup=False, emoji=False)


def format_seconds(seconds: float) -> str:
    """Return a duration as minutes and seconds, `1:05`, or as hours, minutes and seconds, `2:01:05`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


class Bar:
    """The progress of one piece of work. A context manager; a bar opened inside another one is shown below it.

    On a terminal the bars are redrawn and disappear at the end. Elsewhere one plain line describes the open bars, at
    most every SECONDS_BETWEEN_LINES.
    """

    _open: list["Bar"] = []  # noqa: RUF012, of the process, outermost first: there is one terminal

    def __init__(
        self, label: str, total: float | None = None, unit: str = "", *, console: Console | None = None,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES, clock: Callable[[], float] = time.monotonic,
        is_still: bool = False,
    ) -> None:  # fmt: skip
        """Describe the work.

        Args:
            label: what is done.
            total: amount of work; None where it is not known.
            unit: of the amount, in the plural, such as images; without it the amount is shown as a percentage.
            console: to print on; None for rich's global one. A nested bar prints on that of the outermost.
            seconds_between_lines: of plain lines; that of the outermost bar counts.
            clock: returns seconds.
            is_still: redraw when the work advances only, so that no thread disturbs times that are measured.
        """
        self.label, self.unit = label, unit
        self.facts = ""  # shown after the time left
        self._total, self._done, self._skipped = total, 0.0, 0.0
        self._console, self._interval, self._clock = console or rich.get_console(), seconds_between_lines, clock
        self._started = self._printed = clock()
        self._progress: Progress | None = None
        self._is_still = is_still
        self._task = TaskID(0)

    def __enter__(self) -> "Bar":
        self._started = self._printed = self._clock()
        self._open.append(self)
        root = self._open[0]
        if root is self and is_first_process() and self._console.is_terminal:
            columns = [Bar.describe_amount, Bar.describe_time_left, lambda bar: bar.facts]
            self._progress = Progress(
                _Words(lambda bar: bar.label), BarColumn(BAR_WIDTH), *map(_Words, columns), console=self._console,
                transient=True, auto_refresh=not self._is_still,
            )  # fmt: skip
            self._progress.start()
        self._progress = root._progress
        if self._progress:
            self._task = self._progress.add_task("", total=self._total, bar=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.remove(self)
        if self._progress:
            self._progress.remove_task(self._task)
            if not self._open:
                self._progress.stop()

    def advance(self, amount: float = 1) -> None:
        """Count work as done."""
        self._done += amount
        self._show()

    def skip(self, amount: float) -> None:
        """Count work as done that took no time, such as that of an interrupted run; rates leave it out."""
        self._skipped += amount
        self.advance(amount)

    def relabel(self, label: str, total: float | None = None) -> None:
        """Change the label, and the total if given."""
        self.label, self._total = label, self._total if total is None else total
        self._show()

    def seconds_left(self) -> float | None:
        """Return the time that the rest takes at the mean rate so far; None while that is not known."""
        rate = self.rate()
        return max(0.0, self._total - self._done) / rate if self._total is not None and rate > 0 else None

    def rate(self) -> float:
        """Return the mean amount of work done in a second."""
        return (self._done - self._skipped) / max(self._clock() - self._started, 1e-9)

    def describe_amount(self) -> str:
        """Return the work that is done, such as `120/500 images` or `24 %`."""
        if self._total is None:
            return f"{self._done:,.0f} {self.unit}".rstrip()
        if not self.unit:
            return f"{100 * self._done / max(self._total, 1e-9):.0f} %"
        return f"{self._done:,.0f}/{self._total:,.0f} {self.unit}"

    def describe_time_left(self) -> str:
        """Return the time left in words; empty while it is not known."""
        seconds = self.seconds_left()
        return "" if seconds is None else f"{format_seconds(seconds)} left"

    def describe(self) -> str:
        """Return the bar as a plain line."""
        parts = (self.describe_amount(), self.describe_time_left(), self.facts)
        return f"{self.label}: {', '.join(filter(None, parts))}"

    def _show(self) -> None:
        if self._progress:
            refresh = self._is_still or self._open[0]._is_still
            self._progress.update(self._task, completed=self._done, total=self._total, refresh=refresh)
            return
        root = self._open[0] if self._open else self
        if is_first_process() and root._clock() - root._printed >= root._interval:
            root._printed = root._clock()
            text = "; ".join(bar.describe() for bar in self._open)
            root._console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)


class _Words(ProgressColumn):
    """A column with words about each bar."""

    def __init__(self, words: Callable[[Bar], str]) -> None:
        super().__init__(Column(no_wrap=True))
        self._words = words

    def render(self, task: Task) -> Text:
        return Text(self._words(task.fields["bar"]))


def track(items: Iterable[T], label: str, total: int | None = None, unit: str = "") -> Iterator[T]:
    """Yield the items inside a bar that each of them advances by one.

    Args:
        items: to be worked on.
        label: what is done.
        total: number of items; None for the length of `items`, if they have one.
        unit: of the items, in the plural.
    """
    length = len(items) if total is None and isinstance(items, Sized) else total
    with Bar(label, length, unit) as bar:
        for item in items:
            yield item
            bar.advance()
