"""The quick runs of the README, and several processes, through `invoke` (slow: real training)."""

import csv
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
QUICK = ("--class-limit", "100", "--epochs", "40", "--batch-size", "64")


def log_rows(model_dir):
    return list(csv.DictReader((model_dir / "training_log.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.timeout(900)  # it takes under two minutes on two idle cores, but the cores of a test may be busy
def test_100_classes_reach_90_percent(root, tmp_path):
    command = [sys.executable, "-m", "invoke", "train", *QUICK, "--model", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True)
    assert float(log_rows(tmp_path)[-1]["val_top1_percent"]) > 90


RECIPE = """
[[stage]]
name = "base"
class_limit = 20
sample_limit = 512
batch_size = 64
epochs = 2
size = 32

[[stage]]
name = "tuned"
start_from = "base"
class_limit = 20
sample_limit = 512
batch_size = 64
epochs = 1
size = 32
"""


def test_two_processes_train_the_stages_of_a_recipe(root, tmp_path):
    """With torchrun and accelerate, on CPUs: both draw their share of the images; one writes the directories."""
    recipe, model = tmp_path / "recipe.toml", tmp_path / "model"
    recipe.write_text(RECIPE, encoding="utf-8")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--no-python"]
    flags = ["--recipe", str(recipe), "--device", "cpu", "--model", str(model)]
    subprocess.run([*launcher, sys.executable, "-m", "invoke", "train", *flags], cwd=root, check=True)
    assert [row["images"] for row in log_rows(model / "stages" / "base")] == ["512", "1024"]
    assert [row["images"] for row in log_rows(model)] == ["512"]
    assert (model / "model.safetensors").exists()
