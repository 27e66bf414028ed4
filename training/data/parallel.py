"""Run jobs in several processes."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol, TypeVar

from kakitori.errors import DataError


class Named(Protocol):
    """A job with a name for error messages."""

    @property
    def name(self) -> str: ...


J = TypeVar("J", bound=Named)


def run_jobs(work: Callable[[J], Any], jobs: Sequence[J], workers: int) -> Iterator[tuple[J, Any]]:
    """Yield each job and the value that `work` returned for it, in order of completion.

    Args:
        work: a function at module level, so that it can be pickled.
        workers: number of processes; with 1 all jobs run in this process.

    Raises:
        DataError: if a worker process ended, naming the jobs that it may have run. Errors of `work` pass through.
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
                f"A worker process ended during one of {', '.join(at_work)} (killed, or out of memory): run again, "
                "which resumes where it stopped; fewer --workers need less memory."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def ignore_interrupts() -> None:
    """Ignore SIGINT in a worker process; the main process handles it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
