"""Progress: plain lines with the time left, bars on a terminal, silence in other processes."""

import io
import re

import pytest
from rich.console import Console

from training.progress.display import Bar, format_seconds, plain_console, track


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def file():
    return io.StringIO()


@pytest.fixture
def plain(file, clock):
    """Open a bar that prints plain lines to `file`, every 30 s of `clock`."""
    console = Console(file=file, force_terminal=False)
    return lambda *work: Bar(*work, console=console, seconds_between_lines=30, clock=clock)


def work(bar, clock, steps, seconds):
    for _ in range(steps):
        clock.now += seconds
        bar.advance()


def test_without_a_terminal_a_line_with_the_time_left_is_printed_at_intervals(plain, clock, file):
    with plain("Fitting images", 100, "images") as bar:
        work(bar, clock, 70, seconds=1)
    assert file.getvalue().splitlines() == [
        "Fitting images: 30/100 images, 1:10 left",
        "Fitting images: 60/100 images, 0:40 left",
    ]


def test_short_work_prints_nothing(plain, clock, file):
    with plain("Fitting images", 100, "images") as bar:
        work(bar, clock, 100, seconds=0.1)
    assert file.getvalue() == ""


def test_a_nested_bar_stands_in_the_line_of_the_outer_one(plain, clock, file):
    with plain("Exporting", 4, "files") as files:
        files.facts = "strict.int8"
        clock.now = 10
        files.advance()
        with Bar("Checking", 200, "images", clock=clock) as images:
            work(images, clock, 25, seconds=1)
    assert file.getvalue() == "Exporting: 1/4 files, 1:30 left, strict.int8; Checking: 20/200 images, 3:00 left\n"


def test_the_time_left_leaves_out_the_work_of_an_interrupted_run(plain, clock):
    with plain("Running", 100, "cells") as bar:
        bar.skip(50)
        assert bar.seconds_left() is None
        work(bar, clock, 10, seconds=2)
        assert bar.seconds_left() == 80
        assert bar.describe_amount() == "60/100 cells"


def test_work_without_a_unit_is_shown_in_percent_and_without_a_total_as_a_count(plain):
    assert plain("2 runs", 4e9).describe() == "2 runs: 0 %"
    assert plain("Reading", None, "images").describe() == "Reading: 0 images"


def test_a_terminal_shows_bars_and_clears_them(file):
    console = Console(file=file, force_terminal=True, width=100)
    with Bar("Reading [red] :loop: loop:loop", 3, "files", console=console) as bar:
        bar.advance()
        console.print("a line")
    text = re.sub(r"\x1b\[[\d;?]*\w", "", file.getvalue())
    assert "Reading [red] :loop: loop:loop" in text
    assert "3 files" in text
    assert "a line" in text
    erase_line = "\x1b[2K"
    assert "Reading" not in file.getvalue().rpartition(erase_line)[2]


def test_only_the_first_process_shows_progress(plain, clock, file, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with plain("Fitting images", 100, "images") as bar:
        work(bar, clock, 100, seconds=1)
    assert file.getvalue() == ""


def test_an_error_closes_the_bars(plain, clock, file):
    with pytest.raises(RuntimeError), plain("outer", 1), plain("inner", 1):
        raise RuntimeError
    with plain("Next", 10, "files") as bar:
        work(bar, clock, 1, seconds=30)
    assert file.getvalue() == "Next: 1/10 files, 4:30 left\n"


def test_track_yields_every_item_in_order():
    assert list(track(iter("abc"), "Reading", 3)) == ["a", "b", "c"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (65, "1:05"), (3599.7, "1:00:00"), (7265, "2:01:05")])
def test_durations_are_hours_minutes_and_seconds(seconds, text):
    assert format_seconds(seconds) == text


def test_names_are_printed_without_markup_and_emoji(capsys):
    plain_console().print(":loop: [red]田")
    assert capsys.readouterr().out == ":loop: [red]田\n"
