"""Write a prepared set (see `training.data.prepared`) unit by unit; an interrupted run can be resumed."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from kakitori.charset import Charset
from kakitori.errors import DataError
from kakitori.folders import explain_unwritable
from kakitori.schemas.prepared import METADATA_FILE, PROGRESS_FILE, PreparedMetadata, Progress
from kakitori.schemas.reader import read_document, write_document
from training.data.prepared import SPLITS, PreparedSet, columns, open_prepared, read_metadata

UNLABELLED = -1  # label of a row that has no image yet, or whose image is left out
COPY_ROWS = 4096  # rows in memory at a time
DISK_RESERVE = 64 << 20  # bytes that must stay free beside a set


class PreparedWriter:
    """Fills a prepared set of known size, and renames its folder when it is complete.

    The unfinished set is `.<name>.part`, beside the final folder. `done` maps the units of work that an interrupted run
    with the same plan finished to the facts recorded about them. Rows are written with plain file writes, so that a
    full disk raises an error instead of a signal; several processes may write different rows without a lock.
    """

    def __init__(self, folder: Path, charset: Charset, size: int, count: int, plan: Mapping[str, Any]) -> None:
        """Start or resume a set of at most `count` images.

        Args:
            plan: everything that decides the content of the set (JSON values); an unfinished set with another plan is
                deleted.

        Raises:
            DataError: if the set exists already, the folder cannot be created, or the disk has no room for it.
        """
        self.folder, self.charset, self.size, self.count = folder, charset, size, count
        self.plan = _fingerprint({"digest": charset.digest, "size": size, "count": count, **plan})
        if os.path.lexists(folder):
            raise DataError(f"{folder} exists already{_describe_existing(folder, self.plan)}: delete it, or rename it, "
                            "to prepare it again.")  # fmt: skip
        self.part = folder.with_name(f".{folder.name}.part")
        self.done: dict[str, Any] = {}
        if (self.part / PROGRESS_FILE).exists():
            progress = read_document(self.part / PROGRESS_FILE, Progress, DataError, f"delete {self.part}")
            self.done = progress.done if progress.plan == self.plan else {}
        if not self.done:
            self._create()
        self._starts = {name: np.load(self._path(name), mmap_mode="r").offset for name in columns(size)}

    def _path(self, column: str) -> Path:
        return self.part / f"{column}.npy"

    def _create(self) -> None:
        shutil.rmtree(self.part, ignore_errors=True)
        try:
            self.part.mkdir(parents=True)
        except OSError as problem:
            reason, mend = explain_unwritable(self.part.parent, problem)
            raise DataError(f"{self.folder} cannot be created, {reason}: run `{mend}`.") from problem
        rows = {name: dtype.itemsize * int(np.prod(shape)) for name, (dtype, shape) in columns(self.size).items()}
        needed, free = self.count * sum(rows.values()) + DISK_RESERVE, shutil.disk_usage(self.part).free
        if free < needed:
            raise DataError(
                f"{self.folder} needs {needed / 1e9:.1f} GB for {self.count:,} images of {self.size} pixels, "
                f"{free / 1e9:.1f} GB are free: make room, or prepare it elsewhere."
            )
        for name, (dtype, shape) in columns(self.size).items():
            array = np.lib.format.open_memmap(self._path(name), "w+", dtype, (self.count, *shape))
            if name in ("labels", "writers"):
                array[:] = UNLABELLED
        self._write_progress()

    def _write_progress(self) -> None:
        write_document(self.part / PROGRESS_FILE, Progress(self.plan, self.done))

    def write(self, start: int, **arrays: np.ndarray) -> None:
        """Write rows from `start` on of any of the columns; all arrays given have the same number of rows.

        Raises:
            DataError: if the disk is full.
        """
        for name, array in arrays.items():
            dtype, shape = columns(self.size)[name]
            data = np.ascontiguousarray(array, dtype)
            assert data.shape[1:] == shape
            assert start + len(data) <= self.count
            try:
                with self._path(name).open("r+b", buffering=0) as file:
                    file.seek(self._starts[name] + start * dtype.itemsize * int(np.prod(shape)))
                    _write_all(file, data.reshape(-1).view(np.uint8).data)
            except OSError as problem:
                raise DataError(
                    f"{self._path(name)} cannot be written ({problem.strerror}): make room and run again; the run "
                    "resumes where it stopped."
                ) from problem

    def mark_done(self, unit: str, facts: Any = None) -> None:
        """Record that all rows of a unit are written, with JSON facts that `done` holds after an interruption."""
        self.done[unit] = facts
        self._write_progress()

    def read(self, column: str) -> np.ndarray:
        """Return a column as written so far, a read-only memory map of `count` rows."""
        return np.load(self._path(column), mmap_mode="r")

    def finish(self, metadata: Mapping[str, Any], dropped: int = 0) -> PreparedSet:
        """Remove the rows without a label, write the metadata, rename the folder, and return the opened set.

        Args:
            metadata: name, split {how, seed}, files, preprocessing, licence, and any other field of PreparedMetadata
                that is not counted here.
            dropped: number of rows that are without a label on purpose.

        Raises:
            DataError: if another number of rows has no label, or no row has one.
        """
        keep = np.flatnonzero(self.read("labels") != UNLABELLED)
        if len(keep) != self.count - dropped or not len(keep):
            raise DataError(
                f"{self.part} holds {len(keep):,} labelled images, expected {self.count - dropped:,}: delete it and "
                "prepare the set again."
            )
        if dropped:
            for name in columns(self.size):
                _keep_rows(self._path(name), keep)
        facts = msgspec.convert({**metadata, **self._count(metadata["split"])}, PreparedMetadata)
        write_document(self.part / METADATA_FILE, facts)
        (self.part / PROGRESS_FILE).unlink()
        os.replace(self.part, self.folder)
        return open_prepared(self.folder)

    def _count(self, split: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of the metadata that follow from the arrays and the charset."""
        labels, splits = np.load(self._path("labels")), np.load(self._path("splits"))
        counts = np.bincount(splits, minlength=len(SPLITS)).tolist()
        return {
            "charset": self.charset.name, "characters": list(self.charset.characters), "digest": self.charset.digest,
            "size": self.size, "count": len(labels), "plan": self.plan, "num_classes": len(self.charset),
            "class_counts": np.bincount(labels, minlength=len(self.charset)).tolist(),
            "split": {**split, "counts": dict(zip(SPLITS, counts, strict=True))},
        }  # fmt: skip


def _describe_existing(folder: Path, plan: str) -> str:
    """Return how the set in a folder differs from one made with `plan`; nothing where there is no set."""
    if not (folder / METADATA_FILE).exists():
        return ""
    try:
        stored = read_metadata(folder)
    except DataError:
        return ", and its metadata is damaged"
    how = "made from the same files in the same way" if stored.plan == plan else "made in another way"
    return f", {how} ({stored.charset}, {stored.size} pixels)"


def _fingerprint(plan: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plan, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _write_all(file: BinaryIO, data: memoryview) -> None:
    while data:  # an unbuffered file may write fewer bytes than it is given
        data = data[file.write(data) :]


def _keep_rows(path: Path, keep: np.ndarray) -> None:
    """Rewrite an array with the rows `keep` only, without holding it in memory."""
    old, temporary = np.load(path, mmap_mode="r"), path.with_suffix(".kept")
    with temporary.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(old.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (len(keep), *old.shape[1:])})
        for first in range(0, len(keep), COPY_ROWS):
            file.write(np.ascontiguousarray(old[keep[first : first + COPY_ROWS]]).tobytes())
    os.replace(temporary, path)
