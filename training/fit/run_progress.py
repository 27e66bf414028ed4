"""Progress of training: of all runs of a chain, of a run, and of an epoch, with the time left of each."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from training.fit.config import TrainConfig
from training.fit.loop import image_side
from training.ink.source import IMAGES_PER_CLASS
from training.progress.display import Bar, format_seconds

CLASSES = 3036  # of a run whose settings do not limit them, to compare the work of the runs of a chain


def epoch_side(config: TrainConfig, epoch: int) -> int:
    """Return the image side of an epoch of a run in pixels."""
    return config.size if config.start_from else image_side(epoch, config.epochs, config.size)


def epoch_work(config: TrainConfig, epoch: int) -> float:
    """Return the pixels of an epoch, which its time grows with. The number of images is estimated from the settings."""
    images = config.sample_limit or IMAGES_PER_CLASS * (config.class_limit or CLASSES)
    return images * epoch_side(config, epoch) ** 2


def run_work(config: TrainConfig, epochs: int | None = None) -> float:
    """Return the work of a run's first epochs; None means of all."""
    return sum(epoch_work(config, epoch) for epoch in range(1, 1 + (config.epochs if epochs is None else epochs)))


@contextmanager
def chain_progress(runs: Sequence[TrainConfig]) -> Iterator[Bar | None]:
    """Open a bar for all runs, and yield it; None for a single run."""
    bar = Bar(f"{len(runs)} runs", sum(map(run_work, runs))) if len(runs) > 1 else None
    with bar or nullcontext():
        yield bar


class RunProgress:
    """The bar of a run, below it that of the epoch, and a line for each finished epoch. A context manager."""

    def __init__(
        self, config: TrainConfig, done: int, processes: int, chain: Bar | None, report: Callable[[str], None]
    ) -> None:
        """Describe a run of which `done` epochs are done, in a number of processes; `report` takes the lines."""
        self._config, self._done, self._processes = config, done, processes
        self._chain, self._report = chain, report
        self._run = Bar(config.model.name, run_work(config))

    def __enter__(self) -> "RunProgress":
        self._run.__enter__()
        self._skip(run_work(self._config, self._done))
        return self

    def __exit__(self, *error: Any) -> None:
        if self._chain and error[0] is None:  # the epochs that an early stop leaves out
            self._chain.skip(run_work(self._config) - run_work(self._config, self._done))
        self._run.__exit__(*error)

    def _skip(self, work: float) -> None:
        for bar in filter(None, (self._chain, self._run)):
            bar.skip(work)

    @contextmanager
    def epoch(self, epoch: int, steps: int) -> Iterator[Callable[[float, float, int], None]]:
        """Open the bar of an epoch; yield the function to call after each step, see `train_epoch`."""
        work = epoch_work(self._config, epoch) / steps
        label = f"epoch {epoch} of {self._config.epochs} ({epoch_side(self._config, epoch)} px)"
        with Bar(label, steps, "steps") as bar:

            def advance(loss: float, top1_percent: float, images: int) -> None:
                for outer in filter(None, (self._chain, self._run)):
                    outer.advance(work)
                bar.advance()
                speed = bar.rate() * images * self._processes
                bar.facts = f"loss {loss:.3f}, top-1 {top1_percent:.1f} %, {speed:,.0f} images/s"

            yield advance
        self._done = epoch

    def report_epoch(self, row: dict[str, float]) -> None:
        """Report a finished epoch's results and the time left of the run, and of all runs if there are several."""
        self._run.facts = f"validation top-1 {row['val_top1_percent']:.2f} %"
        left = [format_seconds(bar.seconds_left() or 0) for bar in (self._run, self._chain) if bar]
        self._report(
            f"epoch {row['epoch']:3d}  {row['side_px']} px  loss {row['train_loss']:.3f}  "
            f"validation top-1 {row['val_top1_percent']:.2f} %  top-10 {row['val_top10_percent']:.2f} %  "
            f"{row['images_per_second']:,.0f} images/s  {row['epoch_seconds']:.0f} s  "
            f"{left[0]} left{''.join(f', {time} of all runs' for time in left[1:])}"
        )
