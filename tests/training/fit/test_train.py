"""Real training runs, made tiny: 16 classes, a few hundred images."""

import csv
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import training.fit.train
from export.report.tables import training_command
from kakitori.errors import KakitoriError, ModelError
from training.fit.checkpoints import checkpoints, load_state
from training.fit.config import TrainConfig
from training.fit.train import best_row, is_done, train


@pytest.fixture
def config(tmp_path):
    return TrainConfig(
        model=tmp_path / "model", class_limit=16, sample_limit=128, batch_size=32, epochs=3, size=32, workers=0,
        device="cpu", warmup_steps=2,
    )  # fmt: skip


def quietly(config):
    return train(config, report=lambda line: None)


def weights(config):
    return load_file(config.model / "model.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Interrupted(Exception):
    pass


def interrupt_after(monkeypatch, epoch):
    """Let the run die right after an epoch's checkpoint was written."""
    record = training.fit.train.record

    def dying(run, state):
        record(run, state)
        if state.epoch == epoch:
            raise Interrupted

    monkeypatch.setattr(training.fit.train, "record", dying)


def test_an_interrupted_run_gives_the_weights_of_an_uninterrupted_one(config, tmp_path, monkeypatch):
    quietly(config)
    interrupted = replace(config, model=tmp_path / "interrupted")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        with pytest.raises(Interrupted):
            quietly(interrupted)
    assert not (interrupted.model / "model.safetensors").exists()
    torch.manual_seed(999)  # the state of this process must not matter
    quietly(interrupted)
    assert same(weights(config), weights(interrupted))


def test_a_run_leaves_log_curves_events_and_config(config):
    spec = quietly(config)
    rows = list(csv.DictReader((config.model / "training_log.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {"lr", "train_loss", "val_top1_percent", "images_per_second", "epoch_seconds"} <= rows[0].keys()
    assert (config.model / "training_curves.png").read_bytes().startswith(b"\x89PNG")
    assert list((config.model / "tensorboard").iterdir())
    assert spec.training["seed"] == 1
    assert spec.training["best_epoch"] in (1, 2, 3)
    assert "Ulrich Apel" in spec.data[0]["attribution"]


def test_the_last_checkpoints_and_the_best_are_kept(config):
    quietly(replace(config, keep_checkpoints=1))
    assert [path.name for path in checkpoints(config.model)] == ["epoch-0003.pt"]
    assert (config.model / "checkpoints" / "best.pt").exists()


def test_the_seed_decides_the_weights(config, tmp_path):
    quietly(config)
    other = replace(config, model=tmp_path / "other", seed=2)
    quietly(other)
    assert not same(weights(config), weights(other))


def test_other_settings_do_not_go_on_with_a_run(config):
    quietly(config)
    with pytest.raises(ModelError, match=r"other settings .*learning_rate was 0.003, now 0.01.*--fresh"):
        quietly(replace(config, learning_rate=0.01))
    quietly(replace(config, learning_rate=0.01, fresh=True))


def test_a_damaged_checkpoint_is_refused(config):
    quietly(config)
    last = checkpoints(config.model)[-1]
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"epoch-0003.pt is not a checkpoint of this program"):
        quietly(config)


def test_a_checkpoint_that_holds_code_is_not_run(config, tmp_path):
    class Code:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    path = tmp_path / "evil.pt"
    torch.save({"facts": Code()}, path)
    with pytest.raises(ModelError, match="is not a checkpoint"):
        load_state(path)
    assert not (tmp_path / "ran").exists()


def test_resume_insists_on_a_checkpoint(config):
    with pytest.raises(ModelError, match="--resume: there is no checkpoint"):
        quietly(replace(config, resume=True))


def test_an_epoch_smaller_than_a_batch_is_one_batch(config):
    facts = quietly(replace(config, sample_limit=20, epochs=2)).training
    assert facts["images_seen"] in (20, 40)


def test_a_batch_of_one_is_refused(config):
    with pytest.raises(ModelError, match=r"An epoch of 1 images in batches of 32 leaves less than the 2 a batch"):
        quietly(replace(config, sample_limit=1))


def test_a_run_stops_when_it_no_longer_improves(config):
    patient = replace(config, epochs=50, patience=3)
    rows = [{"epoch": n, "side_px": 32, "val_top1_percent": top} for n, top in enumerate([10, 50, 40, 50, 49], 1)]
    assert is_done(rows, patient)
    assert not is_done(rows[:-1], patient)
    assert not is_done([{**row, "side_px": 16} for row in rows], patient)


def test_the_best_epoch_is_one_of_the_full_size():
    rows = [{"side_px": 32, "val_top1_percent": 99}, {"side_px": 64, "val_top1_percent": 97}]
    assert best_row(rows) is rows[1]


def test_a_run_can_start_from_trained_weights(config, tmp_path):
    quietly(config)
    tuned = replace(config, model=tmp_path / "tuned", start_from=config.model, epochs=1, learning_rate=1e-9)
    facts = quietly(tuned).training
    trained, start = weights(tuned), weights(config)
    assert all(torch.allclose(trained[n], start[n], atol=1e-5) for n in start if n.endswith("weight"))
    assert facts["start_from"] == config.model.as_posix()
    assert facts["base"]["epochs"] == 3


def test_a_run_can_start_from_weights_of_other_classes(config, tmp_path):
    quietly(config)
    lines = []
    train(replace(config, model=tmp_path / "tuned", start_from=config.model, class_limit=17, epochs=1), lines.append)
    assert "16 of 17 classes" in lines[0]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"arch": "vit"}, "Unknown architecture 'vit'.*resnet, compact, cnn"),
        ({"pooling": "fixed_avg"}, "Unknown pooling 'fixed_avg'.*adaptive_avg, adaptive_max, avg_2x2, max_2x2"),
        ({"device": "tpu"}, "Unknown device 'tpu'.*auto, cpu, cuda"),
        ({"size": "50"}, "--size 50 is not one of"),
        ({"epochs": "many"}, "--epochs 'many' is not a whole number"),
        ({"learning_rate": "fast"}, "--learning-rate 'fast' is not a number"),
        ({"epochs": "0"}, "--epochs 0 must be above 0"),
        ({"teacher": "models/kanji", "teacher_weight": "1.5"}, "--teacher-weight 1.5 must be at most 1"),
        ({"teacher": "models/kanji", "teacher_temperature": "0"}, "--teacher-temperature 0.0 must be above 0"),
        ({"teacher_weight": "0.5"}, "--teacher-weight means nothing without --teacher"),
        ({"widths": "8,8,8"}, "--widths 8,8,8: 'compact' takes 4 numbers of at least 1, such as its own, 24,48,96,128"),
        ({"widths": "8,8,8,0"}, "--widths 8,8,8,0: 'compact' takes 4 numbers of at least 1"),
        ({"widths": "8,8,8,7,8", "arch": "cnn"}, "'cnn' takes 5 numbers of at least 8"),
        ({"widths": "8x8"}, "--widths '8x8' is not whole numbers joined by commas"),
        ({"resume": True, "fresh": True}, "exclude each other"),
    ],
)
def test_flags_that_make_no_sense_are_refused(flags, message):
    with pytest.raises(KakitoriError, match=message):
        TrainConfig.from_flags(flags)


def test_widths_shape_the_network_and_stand_in_its_command(config):
    spec = quietly(replace(config, widths=(4, 6, 8, 10), epochs=1))
    assert spec.widths == (4, 6, 8, 10)
    assert weights(config)["classifier.2.weight"].shape == (16, 10)
    assert "--widths 4,6,8,10" in training_command(spec.training)


def test_flags_become_numbers():
    config = TrainConfig.from_flags({"epochs": "7", "learning_rate": "0.5", "class_limit": "9", "seed": None})
    assert (config.epochs, config.learning_rate, config.class_limit, config.seed) == (7, 0.5, 9, 1)
