import json
import shutil
from collections import namedtuple

import numpy as np
import pytest

from kakitori.charset import get_charset
from kakitori.errors import DataError
from kakitori.schemas.prepared import METADATA_FILE, PROGRESS_FILE, SplitFacts, row_bytes
from training.data.prepared import DATASETS, RECORD, columns, open_prepared, prepared_folder
from training.data.prepared_writer import PreparedWriter

CHARSET = get_charset("etl9g", 5)
SIZE, COUNT = 32, 20
METADATA_GIVEN = {
    "name": "little",
    "split": {"how": "by row", "seed": 0},
    "files": [{"path": "a", "bytes": 1, "sha256": "0", "records": COUNT}],
    "preprocessing": {"margin": 0.05},
    "licence": {"source": "nobody", "url": "", "licence": "none", "attribution": "By nobody."},
}


def rows(start, stop):
    numbers = np.arange(start, stop)
    return {
        "images": np.broadcast_to(numbers[:, None, None].astype(np.uint8), (len(numbers), SIZE, SIZE)),
        "labels": numbers % len(CHARSET),
        "writers": numbers // 4,
        "splits": numbers % 3,
        "records": np.array([(0, n, n * 100) for n in numbers], RECORD),
    }


def writer(tmp_path, plan="one"):
    return PreparedWriter(tmp_path / "little-32", CHARSET, SIZE, COUNT, {"plan": plan})


@pytest.fixture
def prepared(tmp_path):
    made = writer(tmp_path)
    made.write(0, **rows(0, 12))
    made.write(12, **rows(12, COUNT))
    return made.finish(METADATA_GIVEN)


def test_written_arrays_are_read_back_as_memory_maps(prepared, tmp_path):
    assert len(prepared) == COUNT
    for name, expected in rows(0, COUNT).items():
        assert np.array_equal(getattr(prepared, name), expected)
    assert isinstance(prepared.images, np.memmap)
    assert prepared.rows("test").tolist() == list(range(2, COUNT, 3))
    assert [path.name for path in tmp_path.iterdir()] == ["little-32"]


def test_metadata_counts_classes_and_splits(prepared):
    assert prepared.metadata.class_counts == [4] * 5
    assert prepared.metadata.split == SplitFacts("by row", 0, {"train": 7, "validation": 7, "test": 6})
    assert prepared.metadata.characters == list("あいうえお")


def test_an_interrupted_set_resumes(tmp_path):
    first = writer(tmp_path)
    first.write(0, **rows(0, 12))
    first.mark_done("first", {"bad": 0})
    second = writer(tmp_path)
    assert second.done == {"first": {"bad": 0}}
    second.write(12, **rows(12, COUNT))
    assert np.array_equal(second.finish(METADATA_GIVEN).images, rows(0, COUNT)["images"])


def test_another_plan_deletes_the_unfinished_set(tmp_path):
    writer(tmp_path).mark_done("first")
    assert writer(tmp_path, plan="two").done == {}


def test_rows_left_out_on_purpose_are_dropped_from_every_array(tmp_path):
    made = writer(tmp_path)
    made.write(0, **rows(0, 5))
    made.write(8, **rows(8, COUNT))
    opened = made.finish(METADATA_GIVEN, dropped=3)
    assert opened.records["record"].tolist() == [*range(5), *range(8, COUNT)]
    assert opened.images[:, 0, 0].tolist() == [*range(5), *range(8, COUNT)]


def test_rows_without_a_label_are_an_error(tmp_path):
    made = writer(tmp_path)
    made.write(0, **rows(0, 5))
    with pytest.raises(DataError, match="holds 5 labelled images, expected 20"):
        made.finish(METADATA_GIVEN)


def test_a_finished_set_is_not_overwritten(prepared, tmp_path):
    with pytest.raises(DataError, match="exists already, made from the same files"):
        writer(tmp_path)
    with pytest.raises(DataError, match="exists already, made in another way"):
        writer(tmp_path, plan="two")


def test_a_full_disk_is_an_error_before_and_during_the_work(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        usage = namedtuple("Usage", "total used free")
        patch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
        with pytest.raises(DataError, match=r"needs 0\.1 GB for 20 images of 32 pixels, 0\.0 GB are free"):
            writer(tmp_path)
    made = writer(tmp_path)

    def full(file, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.data.prepared_writer._write_all", full)
    with pytest.raises(DataError, match=r"images\.npy cannot be written \(No space left on device\)"):
        made.write(0, **rows(0, 5))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "There is no prepared set"),
        (lambda folder: (folder / "labels.npy").unlink(), "labels.npy does not exist"),
        (lambda folder: (folder / "images.npy").write_bytes(b"\x93NUMPY"), "images.npy is damaged"),
        (lambda folder: np.save(folder / "writers.npy", np.zeros(3, np.int32)), r"writers.npy is int32 \(3,\)"),
        (lambda folder: np.save(folder / "labels.npy", np.full(COUNT, 9, "<i4")), r"values outside 0\.\.4"),
        (lambda folder: edit(folder, digest="sha256:00"), "the labels would be misread"),
        (lambda folder: edit(folder, characters=list("あいうえ")), "the labels would be misread"),
        (lambda folder: (folder / METADATA_FILE).write_text("[]"), r"document: expected `object`, found \[\]"),
    ],
)
def test_a_damaged_set_is_refused(prepared, damage, message):
    damage(prepared.folder)
    with pytest.raises(DataError, match=message):
        open_prepared(prepared.folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": "20"}, r"metadata\.json, field count: expected `int`, found '20': prepare the set again"),
        ({"count": -1}, "field count: expected `int` >= 0, found -1"),
        ({"size": 0}, "field size: expected `int` >= 1, found 0"),
        ({"preprocessing": {"margin": 0.5}}, r"field preprocessing\.margin: expected `float` < 0\.5, found 0\.5"),
        ({"files": [{"path": "a"}]}, r"field files\[0\]: object missing required field `bytes`"),
        ({"licence": {"url": None}}, r"field licence\.url: expected `str`, found None"),
        ({"licence": {"source": "nobody"}}, r"field licence: object missing required field `url`"),
    ],
)
def test_a_wrong_field_of_the_metadata_is_named(prepared, changes, message):
    edit(prepared.folder, **changes)
    with pytest.raises(DataError, match=message):
        open_prepared(prepared.folder)


def test_metadata_of_earlier_versions_is_read(prepared):
    earlier = {"augmentation": "glyph", "writer_names": ["a"], "missing": {"a": ["x"]}, "bad": ["b"],
               "writers": "by sheet", "outside_charset": 3, "field_of_another_version": 1}  # fmt: skip
    edit(prepared.folder, **earlier)
    metadata = open_prepared(prepared.folder).metadata
    assert {name: getattr(metadata, name, 1) for name in earlier} == earlier


def test_damaged_progress_is_refused_with_the_folder_to_delete(tmp_path):
    part = writer(tmp_path).part
    (part / PROGRESS_FILE).write_text('{"plan": 1}')
    with pytest.raises(DataError, match=r"progress\.json, field plan: expected `str`, found 1: delete .*\.part"):
        writer(tmp_path)


def test_a_set_in_place_of_which_a_link_dangles_is_refused(tmp_path):
    (tmp_path / "little-32").symlink_to("nowhere")
    with pytest.raises(DataError, match="little-32 exists already: delete it"):
        writer(tmp_path)


def test_a_link_that_dangles_in_place_of_the_folder_of_sets_is_refused(tmp_path):
    link = tmp_path / "datasets"
    link.symlink_to("nowhere")
    with pytest.raises(DataError, match=r"datasets is a link to nowhere, which is no folder: run `rm .*datasets`"):
        PreparedWriter(link / "little-32", CHARSET, SIZE, COUNT, {})


@pytest.mark.parametrize("size", [32, 128])
def test_the_schema_gives_the_bytes_of_every_array(size):
    expected = {name: dtype.itemsize * int(np.prod(shape)) for name, (dtype, shape) in columns(size).items()}
    assert row_bytes(size) == expected


def edit(folder, **changes):
    path = folder / METADATA_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    "name", ["../../../etc/x", "a/b", "a\\b", "/etc/x", "..", ".hidden", "", "a b", "a" * 101, 7, None, ["a"]]
)
def test_a_name_that_is_not_plain_is_never_a_path(name):
    with pytest.raises(DataError, match=r"The data set's name is .*, expected up to 100 letters"):
        prepared_folder(name, 64)


def test_a_plain_name_gives_its_folder():
    assert prepared_folder("emnist-letters_2.1", 64) == DATASETS / "emnist-letters_2.1-64"
