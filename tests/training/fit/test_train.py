"""Training runs of 16 classes and a few hundred images."""

import csv
import re
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import training.fit.train
from export.report.card import training_command
from kakitori.errors import ModelError
from training.fit.checkpoints import RunState, checkpoints, load_state
from training.fit.config import TrainConfig
from training.fit.facts import source_revision
from training.fit.train import is_done, train
from training.ink import amounts


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


def log_rows(config):
    return list(csv.DictReader((config.model / "training_log.csv").read_text(encoding="utf-8").splitlines()))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class Interrupted(Exception):
    pass


def interrupt_after(monkeypatch, epoch):
    """Interrupt the run after an epoch's checkpoint is written."""
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
    events = EventAccumulator(str(interrupted.model / "tensorboard" / "interrupted"))
    events.Reload()
    assert [event.step for event in events.Scalars("val_loss")] == [1, 2, 3]


def test_a_run_leaves_log_curves_events_and_config(config):
    spec = quietly(config)
    rows = log_rows(config)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {"lr", "train_loss", "val_top1_percent", "images_per_second", "epoch_seconds"} <= rows[0].keys()
    assert (config.model / "training_curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((config.model / "tensorboard" / "model").iterdir())) == 1
    assert spec.training["seed"] == 1
    assert spec.training["best_epoch"] in (1, 2, 3)
    assert spec.training["revision"] == source_revision()
    assert spec.training["ink_amounts"] == amounts.digest()
    assert "Ulrich Apel" in spec.data[0]["attribution"]


def test_a_run_reports_the_time_left_after_each_epoch(config):
    lines = []
    train(replace(config, epochs=2, sample_limit=64), lines.append)
    first, last = (line for line in lines if line.startswith("epoch "))
    assert re.search(r"validation top-1 [\d.]+ % .* images/s  \d+ s  \d+:\d\d left$", first)
    assert last.endswith("0:00 left")


def test_a_run_that_diverges_stops_and_keeps_the_checkpoint_before(config, monkeypatch):
    monkeypatch.setattr(training.fit.train, "learning_rate", lambda step, *_: 1e-3 if step < 4 else 1e30)
    message = (
        r"Found a (training|validation) loss of (nan|inf) .*epoch 2.*: lower --learning-rate \(now 0.003\) and start"
    )
    with pytest.raises(ModelError, match=message) as raised:
        quietly(config)
    (last,) = checkpoints(config.model)
    assert str(raised.value).endswith(f"the last good checkpoint, {last}, stays for --resume.")
    state = load_state(last)
    assert state.epoch == 1
    assert all(torch.isfinite(value).all() for value in state.average.values())


def test_the_last_checkpoints_and_the_best_are_kept(config):
    quietly(replace(config, keep_checkpoints=1))
    assert [path.name for path in checkpoints(config.model)] == ["epoch-0003.pt"]
    assert (config.model / "checkpoints" / "best.pt").exists()


def test_another_seed_gives_other_weights(config, tmp_path):
    quietly(config)
    other = replace(config, model=tmp_path / "other", seed=2)
    quietly(other)
    assert not same(weights(config), weights(other))


def test_a_run_with_other_settings_is_not_continued(config):
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


def test_resume_needs_a_checkpoint(config):
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
    assert is_done(RunState({}, history=rows), patient)
    assert not is_done(RunState({}, history=rows[:-1]), patient)
    assert not is_done(RunState({}, history=[{**row, "side_px": 16} for row in rows]), patient)
    assert not is_done(RunState({}, history=rows, extended_after=3), patient)


def test_a_finished_run_continues_when_its_epochs_are_raised(config):
    quietly(replace(config, epochs=2))
    spec = quietly(replace(config, epochs=6))
    rows = log_rows(config)
    assert [row["epoch"] for row in rows] == list("123456")
    assert float(rows[1]["lr"]) < float(rows[2]["lr"])  # the end of the first schedule, then of the new one
    assert spec.training["epochs"] == 6
    assert load_state(checkpoints(config.model)[-1]).extended_after == 2


def test_raising_the_epochs_of_an_interrupted_run_survives_the_next_interruption(config, tmp_path, monkeypatch):
    models = [replace(config, model=tmp_path / name, epochs=2) for name in ("whole", "again")]
    for model in models:
        quietly(model)
    quietly(replace(models[0], epochs=5))
    with monkeypatch.context() as patch:
        interrupt_after(patch, 4)
        with pytest.raises(Interrupted):
            quietly(replace(models[1], epochs=5))
    quietly(replace(models[1], epochs=5))
    assert same(weights(models[0]), weights(models[1]))


def test_fewer_epochs_than_before_are_refused(config):
    quietly(config)
    with pytest.raises(ModelError, match=r"--epochs 2: .* a run of 3 epochs, whose number can only be raised: use"):
        quietly(replace(config, epochs=2))


def test_the_best_checkpoint_of_another_run_is_refused(config, tmp_path):
    quietly(config)
    best = config.model / "checkpoints" / "best.pt"
    for seed, message in ((2, r"belongs to a run with other settings \(seed was 2, now 1\)"), (1, "of another run")):
        other = replace(config, model=tmp_path / str(seed), seed=seed)
        quietly(other)
        shutil.copyfile(other.model / "checkpoints" / "best.pt", best)
        with pytest.raises(ModelError, match=message):
            quietly(config)
    best.unlink()
    with pytest.raises(ModelError, match=r"best.pt does not exist, but epoch \d was the run's best: put .* --fresh"):
        quietly(config)


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


def test_widths_set_the_network_and_are_in_its_command(config):
    spec = quietly(replace(config, widths=(4, 6, 8, 10), epochs=1))
    assert spec.widths == (4, 6, 8, 10)
    assert weights(config)["classifier.2.weight"].shape == (16, 10)
    assert "--widths 4,6,8,10" in training_command(spec.training)
