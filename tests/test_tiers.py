"""The tiers: each test in one of them, all of them run, and a failure in one is the status of the task."""

import io

import pytest
from _pytest.mark.expression import Expression
from rich.console import Console

from kakitori.errors import KakitoriError
from tests import tiers
from tests.tiers import TIERS, run_tiers, select_tiers


@pytest.mark.parametrize("marks", [(), ("browser",), ("slow",), ("browser", "slow"), ("gpu",)])
def test_a_test_is_in_one_tier_and_one_that_needs_a_gpu_in_none(marks):
    chosen = [t.name for t in TIERS.values() if Expression.compile(t.marks).evaluate(lambda name, **_: name in marks)]
    assert len(chosen) == ("gpu" not in marks)


@pytest.mark.parametrize(
    ("name", "everything", "expected"),
    [(None, False, ["unit", "browser"]), (None, True, ["unit", "browser", "slow"]), ("slow", False, ["slow"])],
)
def test_tiers_are_selected(name, everything, expected):
    assert [tier.name for tier in select_tiers(name, everything)] == expected


@pytest.mark.parametrize(
    ("name", "everything", "message"),
    [("fast", False, "choose one of unit, browser, slow"), ("unit", True, "--tier does not go with --all")],
)
def test_other_tiers_are_refused(name, everything, message):
    with pytest.raises(KakitoriError, match=message):
        select_tiers(name, everything)


def test_only_all_measures_coverage():
    measured = {e: [t.name for t in select_tiers(None, e) if "--cov" in t.arguments] for e in (False, True)}
    assert measured == {False: [], True: ["unit"]}


def test_every_tier_runs_and_the_failed_ones_are_named(monkeypatch):
    monkeypatch.setattr(tiers, "run_tier", lambda tier: (int(tier.name != "browser"), 12.3))
    printed = io.StringIO()
    with pytest.raises(KakitoriError, match=r"Tests failed in: unit, slow\."):
        run_tiers(list(TIERS.values()), Console(file=printed))
    rows = [line.split("│")[1:-1] for line in printed.getvalue().splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row][:2] for row in rows] == [["unit", "12"], ["browser", "12"], ["slow", "12"]]


def test_a_tiers_status_is_that_of_its_pytest_run():
    assert tiers.run_tier(tiers.Tier("none", "no_such_marker", ("tests/test_tiers.py", "-q")))[0] != 0
