"""What the README promises of quick runs, through the front door (slow: real training)."""

import csv
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow
QUICK = ("--class-limit", "100", "--epochs", "40", "--batch-size", "64")
SECONDS = 120  # on two cores with nothing else to do


def log_rows(model_dir):
    return list(csv.DictReader((model_dir / "training_log.csv").read_text(encoding="utf-8").splitlines()))


def test_100_classes_reach_90_percent_in_two_minutes(root, tmp_path):
    command = [sys.executable, "-m", "invoke", "train", *QUICK, "--model", str(tmp_path)]
    started = time.monotonic()
    subprocess.run(command, cwd=root, check=True)
    assert time.monotonic() - started < SECONDS
    assert float(log_rows(tmp_path)[-1]["val_top1_percent"]) > 90


def test_two_processes_train_one_model(root, tmp_path):
    """Through torchrun and accelerate, on CPUs: both draw their share of the images and write one directory."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python"]
    flags = ["--class-limit", "20", "--sample-limit", "512", "--batch-size", "64", "--epochs", "2", "--size", "32"]
    command = [*launcher, sys.executable, "-m", "invoke", "train", *flags, "--device", "cpu", "--model", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True)
    rows = log_rows(tmp_path)
    assert [row["images"] for row in rows] == ["512", "1024"]
    assert (tmp_path / "model.safetensors").exists()
