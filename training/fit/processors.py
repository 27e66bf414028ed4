"""How a run shares the processors: worker processes that draw images, and torch's threads.

A thread of torch that waits for a busy core holds up all others (docs/measurements.md#threads), so torch gets the
physical cores that the workers leave.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from training.fit.config import TrainConfig

TOPOLOGY = Path("/sys/devices/system/cpu")


def usable_processors() -> set[int]:
    """Return the numbers of the logical processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def physical_cores(topology: Path = TOPOLOGY) -> int:
    """Return the number of physical cores that this process may use.

    Linux lists the logical processors of each core; elsewhere every logical processor counts as a core.
    """
    processors = usable_processors()
    try:
        siblings = {(topology / f"cpu{i}/topology/thread_siblings_list").read_text().strip() for i in processors}
    except OSError:
        return len(processors)
    return len(siblings)


def count_workers(config: TrainConfig) -> int:
    """Return the number of processes that draw images; by default half the logical processors, from 1 to 8."""
    return max(1, min(8, len(usable_processors()) // 2)) if config.workers is None else config.workers


def count_threads(config: TrainConfig) -> int:
    """Return the number of torch's threads; by default the physical cores that the workers leave, at least 1.

    The default is divided among the training processes of one machine (torchrun), and is at most the number that torch
    has now, which OMP_NUM_THREADS sets.
    """
    cores = physical_cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return config.threads or max(1, min(torch.get_num_threads(), cores - count_workers(config)))


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch compute with `count` threads inside the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
