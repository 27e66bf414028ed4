"""Evaluation sets have names; pictures of a user change no file of the model without --record."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.report import measure
from export.report.measure import Further, measure_accuracy, named_paths
from kakitori.errors import DataError, KakitoriError
from kakitori.schemas.evaluation import AccuracyEntry
from training.evaluation.results import read_results, record_results


@pytest.fixture
def model(make_model, tmp_path, monkeypatch):
    """A model directory with a recorded result; the working folder is its parent."""
    monkeypatch.chdir(tmp_path)
    folder = make_model()
    record_results(AccuracyEntry, [], "ink", "pytorch", "engine", folder)
    (folder / "README.md").write_text("the card", encoding="utf-8")
    monkeypatch.setattr(measure, "write_reports", lambda model_dir: (model_dir / "README.md").write_text("a new card"))
    return folder


@pytest.fixture
def photos(tmp_path):
    """A folder with one picture each of two characters."""
    for number, char in enumerate("あい"):
        (tmp_path / "photos" / char).mkdir(parents=True)
        pixels = np.full((40, 40), 255, np.uint8)
        pixels[10:30, 18 + number : 22] = 0
        Image.fromarray(pixels).save(tmp_path / "photos" / char / "1.png")
    return tmp_path / "photos"


def contents(folder: Path):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pictures_leave_the_model_directory_unchanged(model, photos, capsys):
    before = contents(model)
    measure_accuracy(model, None, {}, {"mine": photos}, None)
    assert contents(model) == before
    (entry,) = read_results(Path("runs/evaluation/tiny"))
    assert (entry.set, entry.rows[-1].characters) == ("mine", 2)
    assert {path.name for path in Path("runs/evaluation/tiny").iterdir()} == {
        "evaluation.json", "mine.pytorch.png", "mine.pytorch.csv",
    }  # fmt: skip
    assert "--record" in capsys.readouterr().out


def test_recorded_pictures_are_in_the_model_directory_and_its_card(model, photos):
    measure_accuracy(model, None, {}, {"mine": photos}, None, Further(record=True))
    assert [entry.set for entry in read_results(model)] == ["ink", "mine"]
    assert (model / "README.md").read_text() == "a new card"
    assert not Path("runs").exists()


def test_paths_are_named_after_their_file_or_by_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b").mkdir()
    assert named_paths("--images", ["mine=some/where", "else/photos", "a=b"]) == {
        "mine": Path("some/where"), "photos": Path("else/photos"), "a=b": Path("a=b"),
    }  # fmt: skip


@pytest.mark.parametrize("value", ["=photos", "mine=", "up/../there=photos", ".hidden=photos"])
def test_a_name_that_is_not_plain_is_refused(value):
    with pytest.raises(KakitoriError, match=r"--images .*: expected NAME=PATH with a plain name"):
        named_paths("--images", [value])


def test_two_sets_of_one_name_are_refused(model, photos):
    with pytest.raises(KakitoriError, match="--images names two sets 'photos'"):
        named_paths("--images", [str(photos), "photos=elsewhere"])
    with pytest.raises(KakitoriError, match="Two evaluation sets are named 'ink'"):
        measure_accuracy(model, None, {}, {"ink": photos}, "ink")


def test_skipped_files_and_merged_folders_are_reported_once(model, photos, capsys):
    (photos / "notes.txt").write_text("not a picture")
    (photos / "U+3042").mkdir()
    (photos / "U+3042" / "2.png").write_bytes((photos / "あ" / "1.png").read_bytes())
    measure_accuracy(model, None, {}, {"mine": photos}, None, Further(confidence=True))
    merged, *notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("mine: ")]
    assert "are one class, 'あ'" in merged
    assert notes == ["mine: Skipped: notes.txt: not a picture", "mine: 1 files or folders skipped."]


def test_unreadable_pictures_are_left_out_counted_and_named_if_asked(model, photos, capsys):
    (photos / "あ" / "2.png").write_bytes(b"not a picture")
    Image.new("L", (40, 40), 255).save(photos / "い" / "blank.png")
    with pytest.raises(DataError, match=r"2\.png is not a readable picture .* --skip-bad leaves such pictures out\.$"):
        measure_accuracy(model, None, {}, {"mine": photos}, None)
    measure_accuracy(model, None, {}, {"mine": photos}, None, Further(confidence=True, skip_bad=True))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("mine: ")]
    assert [line.split(" is ")[0].split(": ")[1:3] for line in lines[:2]] == [
        ["Left out", str(photos / "あ" / "2.png")], ["Left out", str(photos / "い" / "blank.png")],
    ]  # fmt: skip
    assert lines[2:] == ["mine: 2 pictures left out."]
    (entry,) = read_results(Path("runs/evaluation/tiny"))[:1]
    assert entry.rows[-1].characters == 2


def test_pictures_that_are_all_unreadable_are_an_error(model, photos):
    for path in photos.rglob("*.png"):
        path.write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"None of the 2 pictures can be used\. .*1\.png is not a readable picture"):
        measure_accuracy(model, None, {}, {"mine": photos}, None, Further(skip_bad=True))


def test_leaving_pictures_out_needs_pictures(model):
    with pytest.raises(KakitoriError, match="--skip-bad leaves unreadable pictures out: name pictures with --images"):
        measure_accuracy(model, None, {}, {}, "ink", Further(skip_bad=True))


def test_names_with_markup_are_printed_as_they_are(model, photos, capsys):
    measure_accuracy(model, None, {}, {"[red]:loop:": photos}, None)
    assert "[red]:loop:" in " ".join(capsys.readouterr().out.split())


def test_record_needs_pictures(model):
    with pytest.raises(KakitoriError, match=r"--record .*--images DIR"):
        measure_accuracy(model, None, {}, {}, "ink", Further(record=True))
