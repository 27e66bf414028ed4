"""ETL files that are damaged, missing, duplicate or of another set, and failures of the machine."""

import dataclasses
import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest

from kakitori.charset import get_charset
from kakitori.errors import DataError, KakitoriError
from tests.training.data.etl.small import ETL9, PER_FILE, SMALL9, WRITER_SET, change, prepare
from training.data.etl.files import Problems
from training.data.etl.prepare import check_classes, list_jobs, open_writer

# The change of the files, the message, and the rows that remain with --skip-bad.
BAD = {
    "cut short": (
        lambda f: os.truncate(f / "ETL9G_02", 19 * 8199 + 100),
        r"ETL9G_02, record 19 at byte 155,781: 100 bytes are left over where a record of 8,199", [39],
    ),
    "a record too few": (
        lambda f: os.truncate(f / "ETL9G_02", 19 * 8199), r"ETL9G_02: 19 samples, expected 20", [39]),
    "empty": (
        lambda f: os.truncate(f / "ETL9G_02", 0), r"ETL9G_02, record 0 at byte 0: 0 bytes are left over",
        range(20, 40)),
    "missing": (lambda f: (f / "ETL9G_02").unlink(), r"1 of 2 files are missing: ETL9G_02", range(20, 40)),
    "foreign": (
        lambda f: (f / "ETL9G_02").write_bytes(random_bytes(20 * 8199)),
        r"ETL9G_02, record \d+ at byte [\d,]+: \d+ of 20 codes from record 0 on are no characters of ETL9G",
        range(20, 40)),
    "code": (
        lambda f: change(f / "ETL9G_02", 4, 2, b"\x25\x22"),
        r"ETL9G_02, record 4 at byte 32,796: the code 2522 is no character of ETL9G", [24]),
    "wrong character": (
        lambda f: change(f / "ETL9G_02", 4, 2, b"\x24\x24"),  # い, which record 1 of the writer set is already
        r"ETL9G_02, record 1 at byte 8,199: the code 2424 contradicts its position: a writer set has every", [21, 24]),
    "another set": (
        lambda f: [change(f / "ETL9G_02", n, 2, b"\x24\x22") for n in range(20)],
        r"ETL9G_02: 20 of 20 characters are not at their position in ETL9G: replace the file", range(20, 40)),
    "blank": (
        lambda f: change(f / "ETL9G_02", 6, 64, bytes(8128)),
        r"ETL9G_02, record 6 at byte 49,194: the image shows no ink", [26]),
    "all ink": (
        lambda f: change(f / "ETL9G_01", 0, 64, b"\xff" * 8128), r"record 0 at byte 0: the image shows no ink", [0]),
    "double": (
        lambda f: (f / "ETL9G_02").write_bytes((f / "ETL9G_01").read_bytes()),
        r"ETL9G_02: the file is the same as ETL9G_01", range(20, 40)),
    "same name": (
        lambda f: ((f / "b").mkdir(), (f / "b" / "etl9g_02").write_bytes(b"x")),
        r"ETL9G_02: 2 files have this name", range(20, 40)),
    "a folder of that name": (
        lambda f: ((f / "ETL9G_02").unlink(), (f / "ETL9G_02").symlink_to("nowhere")),
        r"ETL9G_02: .*cannot be read", range(20, 40)),
}  # fmt: skip


def random_bytes(count):
    return np.random.default_rng(3).integers(0, 256, count, np.uint8).tobytes()


@pytest.mark.parametrize(("damage", "message", "lost"), BAD.values(), ids=BAD)
def test_bad_input_stops_the_run_or_is_skipped_with_skip_bad(etl, images, damage, message, lost):
    damage(etl)
    with pytest.raises(DataError, match=message):
        prepare(etl)
    prepared = prepare(etl, skip_bad=True)
    kept = sorted(set(range(40)) - set(lost))
    assert prepared.labels.tolist() == [n % WRITER_SET for n in kept]
    assert (PER_FILE * prepared.records["file"] + prepared.records["record"]).tolist() == kept
    assert prepared.writers.tolist() == [9_000_000 + n // WRITER_SET for n in kept]
    assert prepared.metadata.bad
    assert all(problem.startswith("ETL9G") for problem in prepared.metadata.bad)


def test_an_unreadable_folder_is_named(etl, monkeypatch):
    walk = os.walk

    def refused(top, onerror=None):
        onerror(PermissionError(13, "Permission denied", str(etl / "locked")))
        yield from walk(top)

    monkeypatch.setattr(os, "walk", refused)
    with pytest.raises(DataError, match=r"locked: the folder cannot be read \(Permission denied\)"):
        prepare(etl)
    assert len(prepare(etl, skip_bad=True)) == 40


def test_a_full_disk_is_an_error_and_the_run_resumes(etl, monkeypatch):
    def full(file, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("training.data.prepared_writer._write_all", full)
        with pytest.raises(DataError, match=r"cannot be written \(No space left on device\): make room and run again"):
            prepare(etl)
    assert len(prepare(etl)) == 40


def test_a_killed_worker_is_an_error_and_the_run_resumes(etl):
    def kill_one():
        while len(workers := multiprocessing.active_children()) < 2:
            time.sleep(0.001)
        os.kill(workers[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    with pytest.raises(DataError, match=r"worker process ended during one of ETL9G_0.*run again, which resumes"):
        prepare(etl, workers=2)
    killer.join()
    assert len(prepare(etl)) == 40


def test_an_existing_set_is_not_overwritten(etl):
    prepare(etl)
    with pytest.raises(DataError, match="exists already, made from the same files"):
        prepare(etl)
    change(etl / "ETL9G_01", 3, 2, int(ETL9.jis(9), 16).to_bytes(2, "big"))
    with pytest.raises(DataError, match="exists already, made in another way"):
        prepare(etl)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "etl10"}, "Unknown dataset 'etl10': choose one of etl9g, etl8g, etl-all"),
        ({"dataset": "etl8g"}, "etl8g is made of etl8g, etl8b2: found only etl9g"),
        ({"split": "lucky"}, "Unknown split 'lucky': choose one of writers, random-leaking"),
    ],
)
def test_wrong_choices_list_the_right_ones(etl, options, message):
    with pytest.raises(KakitoriError, match=message):
        prepare(etl, **options)


def test_a_folder_without_etl_files_is_refused(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        prepare(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no readable file of the ETL database"):
        prepare(tmp_path)
    with pytest.raises(DataError, match="name their folder with --etl-dir"):
        prepare(None)


def test_a_class_with_too_few_samples_in_a_complete_set_is_an_error(etl):
    from training.data.etl.files import find_files

    table = {"etl9g": dataclasses.replace(SMALL9["etl9g"], per_class=8)}
    files = find_files(etl, table, Problems(False))
    writer = open_writer("x", get_charset("etl9g", WRITER_SET), 32, files, "writers")
    jobs = list_jobs(files, writer, None, False)
    labels = np.arange(40) % WRITER_SET
    check_classes(jobs, {"etl9g"}, labels, Problems(False))
    labels[3] = 0
    with pytest.raises(DataError, match="ETL9G: あ occurs 9 times, expected 8"):
        check_classes(jobs, {"etl9g"}, labels, Problems(False))
