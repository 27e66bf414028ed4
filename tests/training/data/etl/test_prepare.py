"""Small files of ETL, by `tests.etl_files`, through the whole preparation."""

import hashlib

import numpy as np
import pytest

from kakitori.errors import DataError
from kakitori.picture import rasterise_image
from kakitori.schemas.prepared import Preprocessing, SourceFile
from tests import etl_files
from tests.training.data.etl.small import ETL9, PER_FILE, WRITER_SET, change, prepare
from training.data.prepared import SPLITS


def test_images_labels_writers_and_provenance_are_those_of_the_files(etl, images):
    prepared = prepare(etl)
    assert prepared.folder.name == "etl9g-32"
    assert prepared.labels.tolist() == [n % WRITER_SET for n in range(40)]
    assert prepared.writers.tolist() == [9_000_000 + n // WRITER_SET for n in range(40)]
    for n in (0, 7, 39):
        grey = np.full((127, 128, 4), 255, np.uint8)
        grey[..., :3] = (images[n] * 17)[..., None]
        assert np.array_equal(prepared.images[n], np.rint(rasterise_image(grey, 32, 0.05) * 255))
        file, record, offset = prepared.records[n]
        assert (file, record, offset) == (n // PER_FILE, n % PER_FILE, n % PER_FILE * 8199)


def test_metadata_has_order_counts_files_and_constants(etl):
    facts = prepare(etl).metadata
    first = (etl / "ETL9G_01").read_bytes()
    assert facts.files[0] == SourceFile("ETL9G_01", len(first), hashlib.sha256(first).hexdigest(), PER_FILE)
    assert (facts.charset, facts.digest, facts.count) == ("etl9g", ETL9.digest, 40)
    assert facts.class_counts[: WRITER_SET + 1] == [8] * WRITER_SET + [0]
    assert facts.preprocessing == Preprocessing("levels", 0.05)
    assert "AIST" in facts.licence["licence"]


@pytest.mark.parametrize("size", [48, 64, 96, 128])
def test_every_size_can_be_prepared(etl, size):
    assert prepare(etl, size=size).images.shape == (40, size, size)


def test_dark_ink_gives_the_images_of_light_ink(etl, images, tmp_path):
    light = np.array(prepare(etl).images)
    for file in range(2):
        part = slice(file * PER_FILE, (file + 1) * PER_FILE)
        codes = [int(ETL9.jis(n % WRITER_SET), 16) for n in range(PER_FILE)]
        etl_files.write_etl9g(etl / f"ETL9G_{file + 1:02d}", np.array(codes), 15 - images[part], 1)
    (tmp_path / "datasets").rename(tmp_path / "light")
    assert np.array_equal(prepare(etl).images, light)


def test_no_writer_is_in_two_splits(etl):
    prepared = prepare(etl)
    writers = [set(prepared.writers[prepared.rows(split)]) for split in SPLITS]
    assert sum(map(len, writers)) == len(set().union(*writers)) == 8
    assert all(writers)


def test_the_random_split_is_named_random_leaking(etl):
    prepared = prepare(etl, split="random-leaking")
    assert prepared.folder.name == "etl9g-random-leaking-32"
    assert "LEAKS WRITERS" in prepared.metadata.split.how
    assert [len(prepared.rows(split)) for split in SPLITS] == [30, 5, 5]


def test_files_are_found_in_any_case_and_folder(etl):
    (etl / "a" / "b").mkdir(parents=True)
    (etl / "ETL9G_01").rename(etl / "a" / "b" / "etl9g-1")
    (etl / "ETL9GINFO").write_text("not data")
    assert [file.path for file in prepare(etl).metadata.files] == ["a/b/etl9g-1", "ETL9G_02"]


@pytest.mark.slow
def test_two_workers_make_the_same_set(etl, tmp_path):
    one = np.array(prepare(etl).images)
    (tmp_path / "datasets").rename(tmp_path / "one")
    two = prepare(etl, workers=2)
    assert np.array_equal(two.images, one)
    assert two.records["file"].tolist() == [0] * PER_FILE + [1] * PER_FILE


def test_an_interrupted_run_resumes(etl, monkeypatch):
    import training.data.etl.prepare as module

    seen, convert = [], module.convert

    def stopping(job):
        seen.append(job.file.name)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return convert(job)

    monkeypatch.setattr(module, "convert", stopping)
    with pytest.raises(KeyboardInterrupt):
        prepare(etl)
    assert len(prepare(etl)) == 40
    assert seen == ["ETL9G_01", "ETL9G_02", "ETL9G_02"]


def test_a_run_stopped_by_a_bad_record_resumes_with_skip_bad(etl, monkeypatch):
    import training.data.etl.prepare as module

    change(etl / "ETL9G_02", 4, 2, b"\x25\x22")
    with pytest.raises(DataError, match="the code 2522"):
        prepare(etl)
    seen, convert = [], module.convert
    monkeypatch.setattr(module, "convert", lambda job: (seen.append(job.file.name), convert(job))[1])
    with monkeypatch.context() as patch:
        patch.setattr(module, "check_classes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare(etl, skip_bad=True)
    with pytest.raises(DataError, match="the code 2522"):
        prepare(etl)
    assert len(prepare(etl, skip_bad=True)) == 39
    assert seen == ["ETL9G_02"] * 2


def interrupted(*_):
    raise KeyboardInterrupt


def test_a_changed_file_restarts_the_set(etl, monkeypatch):
    import training.data.etl.prepare as module

    with monkeypatch.context() as patch:
        patch.setattr(module, "drop_doubles", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare(etl)
    change(etl / "ETL9G_01", 3, 2, int(ETL9.jis(9), 16).to_bytes(2, "big"))
    assert prepare(etl).labels[3] == 9
