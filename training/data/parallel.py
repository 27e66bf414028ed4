"""Jobs that several processes do side by side."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from kakitori.errors import DataError


class Named(Protocol):
    """Work that can be told by name."""

    @property
    def name(self) -> str: ...


J = TypeVar("J", bound=Named)


def run_jobs(work: Callable[[J], Any], jobs: Sequence[J], workers: int) -> Iterator[tuple[J, Any]]:
    """Yield each job and what `work` returned for it, as they end.

    Args:
        work: a function of a module, so that other processes find it.
        workers: how many processes; with one, all is done in this one.

    Raises:
        DataError: what a job raised, or that a process died, naming the jobs it may have been at.
    """
    if workers < 2 or len(jobs) < 2:
        yield from ((job, work(job)) for job in jobs)
        return
    with ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn"), ignore_interrupts) as pool:
        futures = {}
        try:
            futures = {pool.submit(work, job): job for job in jobs}
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            ended = {id(job) for future, job in futures.items() if future.done() and not future.exception()}
            at_work = [job.name for job in jobs if id(job) not in ended][:workers]
            raise DataError(
                f"A worker process died at one of {', '.join(at_work)} (ended from outside, or out of memory): run "
                "again, it goes on where it stopped; fewer --workers need less memory."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def ignore_interrupts() -> None:
    """Leave Ctrl+C to the process that the user sees."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
