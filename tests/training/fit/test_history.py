"""The record of a run: TensorBoard events, log and curves, written while the run goes on."""

import threading

import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kakitori.errors import ModelError
from training.fit.curves import Curve, best_row, plot_curves, top1_limits
from training.fit.history import Record, delete_events, events_folder, read_log, write_log


def row(epoch, top1=50.0, side=32):
    return {
        "epoch": epoch, "side_px": side, "images": 100 * epoch, "lr": 0.001 / epoch, "train_loss": 1 / epoch,
        "train_top1_percent": 40.0 + epoch, "val_loss": 2 / epoch, "val_top1_percent": top1,
        "images_per_second": 300.0,
    }  # fmt: skip


def history(epochs, top1=50.0):
    return [row(epoch, top1) for epoch in range(1, epochs + 1)]


def read_events(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [(event.step, round(event.value, 4)) for event in events.Scalars(tag)] for tag in events.scalars.Keys()
    }


@pytest.fixture
def record(tmp_path):
    return lambda done=0, **facts: Record(tmp_path / "m", tmp_path / "events", done, **facts)


def test_a_run_writes_one_event_file_with_the_columns_of_the_log(record, tmp_path):
    with record() as files:
        for epochs in (1, 2, 3):
            files.write_epoch(history(epochs))
    assert len(list((tmp_path / "events").iterdir())) == 1
    events = read_events(tmp_path / "events")
    assert events.keys() == row(1).keys() - {"epoch"}
    assert events["val_loss"] == [(1, 2.0), (2, 1.0), (3, 0.6667)]
    assert events["images_per_second"] == [(1, 300.0), (2, 300.0), (3, 300.0)]


def test_events_are_on_the_disk_after_each_epoch(record, tmp_path):
    with record() as files:
        files.write_epoch(history(1))
        assert read_events(tmp_path / "events")["lr"] == [(1, 0.001)]


def test_a_resumed_run_hides_the_events_of_epochs_that_it_repeats(record, tmp_path):
    with record() as files:
        files.write_epoch(history(1, top1=10.0))
        files.write_epoch(history(2, top1=20.0))  # whose checkpoint was not written
    with record(done=1) as files:
        files.write_epoch([row(1, 10.0), row(2, 21.0)])
        files.write_epoch([row(1, 10.0), row(2, 21.0), row(3, 30.0)])
    assert read_events(tmp_path / "events")["val_top1_percent"] == [(1, 10.0), (2, 21.0), (3, 30.0)]


def test_an_error_closes_the_events(record):
    threads = threading.active_count()
    with pytest.raises(RuntimeError), record():
        raise RuntimeError
    assert threading.active_count() == threads


def test_the_runs_of_a_recipe_have_event_folders_of_their_own_in_that_of_its_model(tmp_path):
    model = tmp_path / "kanji"
    folders = [events_folder(path, model) for path in (model / "stages/base/steps/1", model / "stages/base", model)]
    assert folders == [model / "tensorboard" / name for name in ("stages/base/steps/1", "stages/base", "kanji")]


def test_events_of_a_run_are_deleted_without_those_of_the_runs_below(tmp_path):
    for folder in (tmp_path, tmp_path / "steps"):
        folder.mkdir(exist_ok=True)
        (folder / "events.out.tfevents.1").touch()
    delete_events(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("events*")] == [
        "steps/events.out.tfevents.1"
    ]


def test_the_curves_are_drawn_after_each_epoch_unless_the_last_picture_is_new(record, tmp_path):
    picture = tmp_path / "m" / "training_curves.png"
    with record() as files:
        files.write_epoch(history(1))
        assert not picture.exists()
    with record(seconds_between_curves=0) as files:
        files.write_epoch(history(1))
        first = picture.read_bytes()
        files.write_epoch(history(2))
    assert picture.read_bytes() != first
    assert {path.name for path in picture.parent.iterdir()} == {"training_log.csv", "training_curves.png"}


def test_the_curves_show_earlier_runs_too(tmp_path):
    plot_curves([Curve("base", []), Curve("m", history(3))], tmp_path / "one.png")
    plot_curves([Curve("base", history(2)), Curve("m", history(3))], tmp_path / "two.png")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert one.size == two.size
        assert one.tobytes() != two.tobytes()


def test_the_range_of_top1_leaves_out_the_first_epochs():
    rows = [row(1, top1=1.0), *(row(epoch, top1=90.0 + epoch) for epoch in (2, 3, 4))]
    low, high = top1_limits(rows)
    assert 35 < low < 42
    assert 94 < high <= 100.5


def test_the_best_epoch_is_one_of_the_full_size():
    rows = [row(1, top1=99, side=32), row(2, top1=97, side=64)]
    assert best_row(rows) is rows[1]


def test_a_log_is_read_as_it_was_written(tmp_path):
    rows = [row(1), row(2) | {"energy_wh": 3.5}]
    write_log(rows, tmp_path)
    assert read_log(tmp_path) == rows
    assert read_log(tmp_path / "nowhere") == []


@pytest.mark.parametrize("text", ["epoch\n1\n", "lr\nfast\n", "lr\n1,2\n"])
def test_another_file_than_a_log_is_refused(text, tmp_path):
    (tmp_path / "training_log.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"training_log\.csv is not a training log: expected numbers in lr, side_px"):
        read_log(tmp_path)
