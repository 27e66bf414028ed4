"""Progress of training: the time left follows the pixels of the remaining epochs, over all runs of a chain."""

from dataclasses import replace
from pathlib import Path

import pytest

from training.fit.config import TrainConfig
from training.fit.run_progress import RunProgress, chain_progress, epoch_side, run_work

BASE = TrainConfig(model=Path("base"), epochs=4, size=64, sample_limit=100)
TUNED = replace(BASE, model=Path("tuned"), start_from=Path("base"), epochs=2)
ROW = {"epoch": 1, "side_px": 32, "train_loss": 1.0, "val_top1_percent": 50.0, "val_top10_percent": 90.0,
       "images_per_second": 100.0, "epoch_seconds": 1.0}  # fmt: skip


def share_done(bar):
    return float(bar.describe_amount().removesuffix(" %"))


def train(progress, epochs, steps=5):
    for epoch in epochs:
        with progress.epoch(epoch, steps) as advance:
            for _ in range(steps):
                advance(1.0, 50.0, 20)


def test_epochs_of_smaller_images_are_less_work():
    assert [epoch_side(BASE, epoch) for epoch in (1, 2, 3, 4)] == [32, 32, 64, 64]
    assert [epoch_side(TUNED, epoch) for epoch in (1, 2)] == [64, 64]
    assert run_work(BASE, 2) / run_work(BASE) == pytest.approx(0.2)


def test_all_runs_of_a_chain_are_one_amount_of_work():
    with chain_progress([BASE, TUNED]) as chain:
        with RunProgress(BASE, 0, 1, chain, print) as progress:
            train(progress, [1, 2])
            assert share_done(chain) == round(100 * 2 * 32**2 / (2 * 32**2 + 4 * 64**2))
            train(progress, [3, 4])
        with RunProgress(TUNED, 1, 1, chain, print) as progress:  # one epoch was done before an interruption
            assert share_done(chain) == round(100 * (2 * 32**2 + 3 * 64**2) / (2 * 32**2 + 4 * 64**2))


def test_a_run_that_stops_early_leaves_no_work_in_the_chain():
    with chain_progress([BASE, TUNED]) as chain:
        with RunProgress(BASE, 0, 1, chain, print) as progress:
            train(progress, [1])
        with RunProgress(TUNED, 0, 1, chain, print) as progress:
            train(progress, [1, 2])
        assert share_done(chain) == 100


def test_a_single_run_has_no_bar_of_a_chain():
    with chain_progress([BASE]) as chain:
        assert chain is None


def test_the_line_of_an_epoch_states_the_time_left_of_the_run_and_of_all_runs():
    lines = []
    with chain_progress([BASE, TUNED]) as chain, RunProgress(BASE, 0, 1, chain, lines.append) as progress:
        train(progress, [1])
        progress.report_epoch(ROW)
    assert lines[0].startswith("epoch   1  32 px  loss 1.000  validation top-1 50.00 %  top-10 90.00 %  100 images/s")
    assert lines[0].endswith("0:00 left, 0:00 of all runs")
