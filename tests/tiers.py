"""The tiers of the tests, each a pytest run: unit, browser, slow. `invoke test` runs them in this order."""

import importlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace

from rich.console import Console
from rich.table import Table

from kakitori.errors import KakitoriError, check_choice

# pytest-xdist starts a process a core; each loads torch, so more than four gain little.
PARALLEL = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadscope")  # loadscope: see tests/conftest.py
# Collecting them imports Playwright, and the unit tier would select none of them.
WITHOUT_BROWSER_TESTS = ("--ignore", "tests/browser")
# Networks this small run slower with several threads, most of all beside another worker.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Tier:
    """The tests that a marker expression selects, and the arguments and environment variables of their pytest run."""

    name: str
    marks: str
    arguments: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


TIERS = {
    row.name: row
    for row in (
        Tier("unit", "not browser and not slow and not gpu", (*PARALLEL, *WITHOUT_BROWSER_TESTS), ONE_THREAD),
        Tier("browser", "browser and not slow and not gpu"),
        Tier("slow", "slow and not gpu"),
    )
}
DEFAULT_TIERS = ("unit", "browser")
COVERAGE = ("--cov", "--cov-report=")  # takes 28 % more processor time, so only --all measures it


def select_tiers(name: str | None, everything: bool) -> list[Tier]:
    """Return the tiers to run: the named one; all, with the coverage of the unit tests; or those that take little time.

    Raises:
        KakitoriError: for an unknown name, listing the known ones, or for a name beside `everything`.
    """
    if name and everything:
        raise KakitoriError("--tier does not go with --all: --all runs every tier.")
    if name:
        return [TIERS[check_choice("tier", name, TIERS)]]
    if not everything:
        return [TIERS[name] for name in DEFAULT_TIERS]
    unit, *others = TIERS.values()
    return [replace(unit, arguments=(*unit.arguments, *COVERAGE)), *others]


def run_tier(tier: Tier) -> tuple[int, float]:
    """Return the exit status and the wall-clock seconds of a tier's pytest run."""
    command = [sys.executable, "-m", "pytest", "-m", tier.marks, *tier.arguments]
    start = time.monotonic()
    status = subprocess.run(command, env=tier.variables | os.environ, check=False).returncode
    return status, time.monotonic() - start


def run_tiers(tiers: list[Tier], console: Console) -> None:
    """Run every tier, even where an earlier one fails, and print the seconds of each.

    Raises:
        KakitoriError: if a tier failed, naming it.
    """
    importlib.import_module("xdist")  # a missing package is reported before anything runs
    table = Table("tier", "seconds", "result")
    failed = []
    for tier in tiers:
        status, seconds = run_tier(tier)
        table.add_row(tier.name, f"{seconds:.0f}", f"failed (pytest's status {status})" if status else "passed")
        if status:
            failed.append(tier.name)
    console.print(table)
    if failed:
        raise KakitoriError(f"Tests failed in: {', '.join(failed)}. Run one tier again with `invoke test --tier NAME`.")
