"""Folders of pictures: the names of their classes, and the files that are skipped."""

import json
import unicodedata

import numpy as np
import pytest
from PIL import Image

from kakitori.errors import DataError
from training.data.options import Options
from training.data.prepare import prepare
from training.data.prepared import open_prepared
from training.data.published.pictures import LISTED, class_name, find_pictures

DECOMPOSED = unicodedata.normalize("NFD", "が")


def draw(*paths, count=1):
    """Write a picture of a black bar to each path; `count` copies of each, numbered."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((20, 20), 255, np.uint8)
        pixels[4:16, 8:11] = 0
        for n in range(count):
            Image.fromarray(pixels).save(path.with_stem(f"{path.stem}{n}") if count > 1 else path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("田", "田"), ("U+7530", "田"), ("u+3042", "あ"), ("class_D", "class_D"), ("10", "10"), (DECOMPOSED, "が"),
     ("U+75", "U+75"), ("a b", "a b")],
)  # fmt: skip
def test_a_folder_name_is_a_class_in_nfc(name, expected):
    assert class_name(name) == expected


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "U+0009", "U+D800", "a\u2028", "\udcff"])
def test_a_class_name_with_a_control_character_is_refused(name):
    with pytest.raises(DataError, match=r"holds U\+[0-9A-F]{4}, expected a name without control characters.*rename it"):
        class_name(name)


def test_a_number_beyond_unicode_is_refused():
    with pytest.raises(DataError, match=r"'U\+FFFFFF' names no Unicode character"):
        class_name("U+FFFFFF")


def test_every_class_name_of_a_folder_becomes_a_class(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("class_D", "10", DECOMPOSED, "U+7530"):
        draw(tmp_path / "pictures" / "scanner" / name / "a.png", count=3)
    lines = []
    prepare("images", Options(32, tmp_path / "pictures"), lines.append)
    prepared = open_prepared(tmp_path / "datasets" / "images-32")
    assert prepared.charset.characters == ("10", "class_D", "が", "田")
    assert np.bincount(prepared.labels).tolist() == [3] * 4
    assert lines[-1].endswith("12 images of 4 classes, 4 train, 4 validation, 4 test, 0 left out.")


def test_the_folder_above_the_class_folder_is_the_source(tmp_path):
    draw(tmp_path / "left" / "田" / "1.png", tmp_path / "right" / "田" / "1.png")
    assert [(p.char, p.source) for p in find_pictures(tmp_path).pictures] == [("田", "left"), ("田", "right")]


def test_files_that_are_no_pictures_of_a_class_are_counted_and_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pictures"
    draw(folder / "a" / "1.png", folder / "b" / "1.png", folder / "cover.png", folder / "a" / "._1.png",
         folder / "__MACOSX" / "a" / "1.png")  # fmt: skip
    for name in ("a/.DS_Store", "b/Thumbs.db", "notes.txt"):
        (folder / name).write_text("not a picture")
    (folder / "empty").mkdir()
    expected = {
        "__MACOSX": "a companion file of macOS or Windows",
        "a/.DS_Store": "a companion file of macOS or Windows",
        "a/._1.png": "a companion file of macOS or Windows",
        "b/Thumbs.db": "a companion file of macOS or Windows",
        "cover.png": "a picture outside a class folder",
        "empty": "a folder without pictures",
        "notes.txt": "not a picture",
    }
    assert find_pictures(folder).skipped == expected
    lines = []
    prepare("images", Options(32, folder), lines.append)
    assert {f"Skipped: {path}: {reason}" for path, reason in expected.items()} <= set(lines)
    assert lines[-1].endswith("0 left out, 7 files or folders skipped.")
    metadata = json.loads((tmp_path / "datasets" / "images-32" / "metadata.json").read_text(encoding="utf-8"))
    assert sorted(metadata["skipped"]) == sorted(f"{path}: {reason}" for path, reason in expected.items())


def test_folders_with_the_same_nfc_form_are_one_class_and_reported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pictures"
    draw(folder / "が" / "1.png", folder / DECOMPOSED / "2.png", folder / "か" / "1.png")
    lines = []
    prepare("images", Options(32, folder), lines.append)
    assert open_prepared(tmp_path / "datasets" / "images-32").charset.characters == ("か", "が")
    (merged,) = [line for line in lines if "are one class" in line]
    assert "(U+304B U+3099)" in merged
    assert "(U+304C)" in merged


def test_links_are_followed_once(tmp_path):
    draw(tmp_path / "elsewhere" / "1.png", tmp_path / "pictures" / "b" / "1.png")
    (tmp_path / "pictures" / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "pictures" / "c").symlink_to(tmp_path / "pictures" / "b")
    (tmp_path / "pictures" / "b" / "loop").symlink_to(tmp_path)
    found = find_pictures(tmp_path / "pictures")
    assert [picture.char for picture in found.pictures] == ["a", "b"]
    assert found.skipped == dict.fromkeys(["c", "b/loop"], "a link to a folder that is read elsewhere")


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    draw(tmp_path / "a" / "1.png")

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", forbidden)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\): see its permissions"):
        find_pictures(tmp_path)


def test_a_folder_with_one_class_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "pictures" / "a" / "1.png")
    with pytest.raises(DataError, match="holds pictures of one class, 'a', expected 2 classes or more"):
        prepare("images", Options(32, tmp_path / "pictures"), lambda line: None)


def test_pictures_of_16_bits_are_prepared_like_those_of_8(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grey = np.full((20, 20), 230, np.uint8)
    grey[4:16, 8:11] = 40
    for depth, pixels in ((8, grey), (16, grey.astype(np.uint16) * 256)):
        for name in "ab":
            (tmp_path / str(depth) / name).mkdir(parents=True)
            Image.fromarray(pixels).save(tmp_path / str(depth) / name / "1.png")
        prepare("images", Options(32, tmp_path / str(depth)), lambda line: None)
        (tmp_path / "datasets" / "images-32").rename(tmp_path / f"{depth}-prepared")
    images = [np.array(open_prepared(tmp_path / f"{depth}-prepared").images) for depth in (8, 16)]
    assert images[0].max() == 255
    assert np.array_equal(*images)


def test_a_damaged_picture_is_named_or_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pictures"
    draw(folder / "a" / "1.png", folder / "b" / "1.png", folder / "b" / "2.png")
    damaged = folder / "b" / "2.png"
    damaged.write_bytes(damaged.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"b/2\.png is not a readable picture .*--skip-bad"):
        prepare("images", Options(32, folder), lambda line: None)
    prepare("images", Options(32, folder, skip_bad=True), lambda line: None)
    assert len(open_prepared(tmp_path / "datasets" / "images-32")) == 2


def test_the_report_names_the_first_skipped_files_and_counts_all(tmp_path):
    draw(tmp_path / "a" / "1.png")
    assert find_pictures(tmp_path).report() == []
    for n in range(LISTED + 2):
        (tmp_path / "a" / f"{n:02}.txt").write_text("")
    lines = find_pictures(tmp_path).report()
    assert lines[0] == "Skipped: a/00.txt: not a picture"
    assert lines[LISTED:] == ["Skipped: 2 more.", "22 files or folders skipped."]
