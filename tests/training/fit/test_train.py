"""Training runs of four classes and 48 images."""

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
from kakitori.spec import read_spec
from training.fit.checkpoints import RunState, checkpoints, generator_states, load_state
from training.fit.facts import source_revision
from training.fit.setup import restore, set_up
from training.fit.train import is_done, train
from training.ink import amounts


@pytest.fixture
def config(tiny_run, tmp_path):
    return replace(tiny_run, model=tmp_path / "model")


@pytest.fixture(scope="module")
def finished_model(tiny_run, tmp_path_factory):
    """The model directory of a finished run with the settings of `config`, which tests only read."""
    config = replace(tiny_run, model=tmp_path_factory.mktemp("finished") / "model")
    quietly(config)
    return config.model


@pytest.fixture
def finished(config, finished_model):
    """The settings of a finished run, in a model directory of the test's own."""
    shutil.copytree(finished_model, config.model)
    return config


def quietly(config):
    return train(config, report=lambda line: None)


def weights(config):
    return load_file(config.model / "model.safetensors")


def log_rows(config):
    return list(csv.DictReader((config.model / "training_log.csv").read_text(encoding="utf-8").splitlines()))


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def same_end(a, b):
    """Return whether two runs ended in the same state; the model has the weights of their best epoch alone."""
    one, other = (load_state(checkpoints(run.model)[-1]) for run in (a, b))
    generators = torch.equal(one.generators["cpu"], other.generators["cpu"])
    return generators and same(one.network, other.network) and same(one.average, other.average)


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


def test_an_interrupted_run_gives_the_weights_of_an_uninterrupted_one(finished, tmp_path, monkeypatch):
    interrupted = replace(finished, model=tmp_path / "interrupted")
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        with pytest.raises(Interrupted):
            quietly(interrupted)
    assert not (interrupted.model / "model.safetensors").exists()
    torch.manual_seed(999)  # the state of this process must not matter
    quietly(interrupted)
    assert same(weights(finished), weights(interrupted))
    assert same_end(finished, interrupted)
    events = EventAccumulator(str(interrupted.model / "tensorboard" / "interrupted"))
    events.Reload()
    assert [event.step for event in events.Scalars("val_loss")] == [1, 2, 3]


def test_a_run_leaves_log_events_and_config(finished):
    rows = log_rows(finished)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert {"lr", "train_loss", "val_top1_percent", "images_per_second", "epoch_seconds"} <= rows[0].keys()
    assert len(list((finished.model / "tensorboard" / finished.model.name).iterdir())) == 1
    spec = read_spec(finished.model)
    assert (spec.training["seed"], spec.training["images_seen"]) == (1, 16 * spec.training["best_epoch"])
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
    monkeypatch.setattr(training.fit.train, "learning_rate", lambda step, *_: 1e-3 if step < 2 else 1e30)
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


def test_the_last_checkpoints_and_the_best_are_kept(finished):
    assert [path.name for path in checkpoints(finished.model)] == ["epoch-0002.pt", "epoch-0003.pt"]
    assert (finished.model / "checkpoints" / "best.pt").exists()


def test_another_seed_gives_other_weights(finished, tmp_path):
    other = replace(finished, model=tmp_path / "other", seed=2)
    quietly(other)
    assert not same(weights(finished), weights(other))


def test_a_run_with_other_settings_is_not_continued(finished):
    other = replace(finished, learning_rate=0.01)
    with pytest.raises(ModelError, match=r"other settings .*learning_rate was 0.003, now 0.01.*--fresh"):
        quietly(other)
    quietly(replace(other, fresh=True))
    assert read_spec(finished.model).training["learning_rate"] == 0.01


def test_a_damaged_checkpoint_is_refused(finished):
    last = checkpoints(finished.model)[-1]
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(ModelError, match=r"epoch-0003.pt is not a checkpoint of this program"):
        quietly(finished)


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
    facts = quietly(replace(config, sample_limit=6, epochs=1)).training
    assert facts["images_seen"] == 6


def test_a_batch_of_one_is_refused(config):
    with pytest.raises(ModelError, match=r"An epoch of 1 images in batches of 8 leaves less than the 2 a batch"):
        quietly(replace(config, sample_limit=1))


def test_a_run_stops_when_it_no_longer_improves(config):
    patient = replace(config, epochs=50, patience=3)
    rows = [{"epoch": n, "side_px": 32, "val_top1_percent": top} for n, top in enumerate([10, 50, 40, 50, 49], 1)]
    assert is_done(RunState({}, history=rows), patient)
    assert not is_done(RunState({}, history=rows[:-1]), patient)
    assert not is_done(RunState({}, history=rows[:3]), patient)  # no epoch is before the last three
    assert not is_done(RunState({}, history=[{**row, "side_px": 16} for row in rows]), patient)
    assert not is_done(RunState({}, history=rows, extended_after=3), patient)


def test_a_finished_run_continues_when_its_epochs_are_raised(finished):
    spec = quietly(replace(finished, epochs=6))
    rows = log_rows(finished)
    assert [row["epoch"] for row in rows] == list("123456")
    assert float(rows[2]["lr"]) < float(rows[3]["lr"])  # the end of the first schedule, then of the new one
    assert spec.training["epochs"] == 6
    assert load_state(checkpoints(finished.model)[-1]).extended_after == 3


def test_raising_the_epochs_of_an_interrupted_run_survives_the_next_interruption(finished, tmp_path, monkeypatch):
    whole, again = (replace(finished, model=tmp_path / name, epochs=5) for name in ("whole", "again"))
    for run in (whole, again):
        shutil.copytree(finished.model, run.model)
    quietly(whole)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 4)
        with pytest.raises(Interrupted):
            quietly(again)
    quietly(again)
    assert same(weights(whole), weights(again))
    assert same_end(whole, again)


def test_fewer_epochs_than_before_are_refused(finished):
    with pytest.raises(ModelError, match=r"--epochs 2: .* a run of 3 epochs, whose number can only be raised: use"):
        quietly(replace(finished, epochs=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda best: best["facts"].update(seed=2), r"belongs to a run with other settings \(seed was 2, now 1\)"),
        (lambda best: best["history"][0].update(epoch_seconds=-1.0), "of another run"),
        (lambda best: best.update(epoch=4), "is of epoch 4 of another run"),
    ],
    ids=["seed", "history", "epoch"],
)
def test_the_best_checkpoint_of_another_run_is_refused(finished, change, message):
    path = finished.model / "checkpoints" / "best.pt"
    best = vars(load_state(path))
    change(best)
    torch.save(best, path)
    with pytest.raises(ModelError, match=message):
        quietly(finished)


def test_a_run_whose_best_checkpoint_is_missing_is_refused(finished):
    (finished.model / "checkpoints" / "best.pt").unlink()
    with pytest.raises(ModelError, match=r"best.pt does not exist, but epoch \d was the run's best: put .* --fresh"):
        quietly(finished)


def test_the_model_has_the_averaged_weights_of_the_best_checkpoint(finished):
    path = finished.model / "checkpoints" / "best.pt"
    best = vars(load_state(path))
    best["average"]["classifier.2.bias"].fill_(7)
    torch.save(best, path)
    quietly(finished)  # writes the model of a finished run again
    assert weights(finished)["classifier.2.bias"].tolist() == [7] * 4


def test_a_run_can_start_from_trained_weights(finished, tmp_path):
    tuned = replace(finished, model=tmp_path / "tuned", start_from=finished.model, epochs=1, learning_rate=1e-9)
    facts = quietly(tuned).training
    trained, start = weights(tuned), weights(finished)
    assert all(torch.allclose(trained[n], start[n], atol=1e-5) for n in start if n.endswith("weight"))
    assert facts["start_from"] == finished.model.as_posix()
    assert facts["base"]["epochs"] == 3


@pytest.mark.parametrize(("starts", "sides"), [(False, ["32", "64"]), (True, ["64", "64"])])
def test_images_grow_unless_the_run_starts_from_weights(config, finished_model, starts, sides):
    larger = replace(config, size=64, epochs=2, start_from=finished_model if starts else None)
    quietly(larger)
    assert [row["side_px"] for row in log_rows(larger)] == sides


def test_torchs_generators_continue_as_they_were_at_the_checkpoint(finished):
    state = load_state(checkpoints(finished.model)[-1])
    torch.manual_seed(5)
    state.generators = generator_states()
    run = set_up(finished, print)
    restore(run, state)
    assert torch.equal(torch.get_rng_state(), state.generators["cpu"])


def test_the_optimiser_has_the_settings_of_the_run(config):
    optimizer = set_up(replace(config, learning_rate=0.02, weight_decay=0.2), print).trainer.optimizer
    assert [(group["lr"], group["weight_decay"]) for group in optimizer.param_groups] == [(0.02, 0.2)]


def test_a_run_can_start_from_weights_of_other_classes(config, finished_model):
    lines = []
    train(replace(config, start_from=finished_model, class_limit=5, epochs=1), lines.append)
    assert "4 of 5 classes" in lines[0]


def test_widths_set_the_network_and_are_in_its_command(config):
    spec = quietly(replace(config, widths=(4, 6, 8, 10), epochs=1))
    assert spec.widths == (4, 6, 8, 10)
    assert weights(config)["classifier.2.weight"].shape == (4, 10)
    assert "--widths 4,6,8,10" in training_command(spec.training)
