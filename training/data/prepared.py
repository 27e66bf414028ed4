"""Prepared sets: images of one data set, fitted and ready to train on, in a folder that is written whole or not at all.

    images.npy     (N, S, S) uint8 coverage, 0 paper, 255 ink, cropped and fitted as `kakitori.picture` says
    labels.npy     (N,) int32 class index
    writers.npy    (N,) int32 writer, or group of writers, -1 where unknown
    splits.npy     (N,) uint8 index into SPLITS
    records.npy    (N,) of RECORD: where an image came from
    metadata.json  name, charset, characters, num_classes, digest, size, count, split {how, seed, counts}, files [{path,
                   bytes, sha256, records}], preprocessing, licence, class_counts, plan

All arrays are plain `.npy`, so that `numpy.load(mmap_mode="r")` reads them without holding them in memory.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import CHARSETS, Charset, get_charset
from kakitori.errors import DataError
from kakitori.files import read_json, write_json

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(len(SPLITS))  # also the first entry of every seed: no image is drawn for two splits
RECORD = np.dtype([("file", "<i4"), ("record", "<i4"), ("offset", "<i8")])  # index into `files`, record, its first byte
UNLABELLED = -1  # rows that still wait for an image, or were left out as bad
METADATA, PROGRESS = "metadata.json", "progress.json"
REQUIRED = ("name", "charset", "characters", "digest", "size", "count", "split", "files", "preprocessing", "licence")
DATASETS = Path("datasets")  # where prepared sets lie unless said otherwise
COPY_ROWS = 4096
DISK_RESERVE = 64 << 20  # bytes that must stay free beside a set


@dataclass(frozen=True)
class PreparedSet:
    """An opened prepared set; `images` and `records` stay on the disk, N rows each."""

    folder: Path
    charset: Charset
    metadata: dict[str, Any]
    images: np.ndarray  # (N, S, S) uint8, a memory map
    labels: np.ndarray  # (N,) int32
    writers: np.ndarray  # (N,) int32
    splits: np.ndarray  # (N,) uint8
    records: np.ndarray  # (N,) RECORD, a memory map

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> int:
        """Return the side of an image in pixels."""
        return self.metadata["size"]

    def rows(self, split: str) -> np.ndarray:
        """Return the rows (n,) int64 of one of SPLITS, ascending."""
        return np.flatnonzero(self.splits == SPLITS.index(split))


def prepared_folder(name: str, size: int) -> Path:
    """Return where the prepared set of a name and image side lies."""
    return DATASETS / f"{name}-{size}"


def columns(size: int) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Return the type and the shape of one row of each array of a set with images of `size` pixels."""
    return {
        "images": (np.dtype(np.uint8), (size, size)),
        "labels": (np.dtype("<i4"), ()),
        "writers": (np.dtype("<i4"), ()),
        "splits": (np.dtype(np.uint8), ()),
        "records": (RECORD, ()),
    }


def open_prepared(folder: Path) -> PreparedSet:
    """Return a prepared set after checking that its parts agree with each other.

    Raises:
        DataError: if the folder or a part of it is missing, damaged, or at odds with the rest.
    """
    if not folder.is_dir():
        raise DataError(f"There is no prepared set {str(folder)!r}: make it with `invoke data`.")
    metadata = read_json(folder / METADATA, DataError)
    if missing := [key for key in REQUIRED if not isinstance(metadata, dict) or key not in metadata]:
        raise DataError(f"{folder / METADATA} lacks {', '.join(missing)}: prepare the set again.")
    charset = _stored_charset(folder, metadata)
    arrays = {
        name: _open_array(folder / f"{name}.npy", dtype, (metadata["count"], *shape))
        for name, (dtype, shape) in columns(metadata["size"]).items()
    }
    in_memory = {name: np.array(arrays[name]) for name in ("labels", "writers", "splits")}
    for name, limit in (("labels", len(charset)), ("splits", len(SPLITS))):
        values = in_memory[name]
        if len(values) and not 0 <= values.min() <= values.max() < limit:
            raise DataError(f"{folder / name}.npy holds values outside 0..{limit - 1}: prepare the set again.")
    return PreparedSet(folder, charset, metadata, **(arrays | in_memory))


def _stored_charset(folder: Path, metadata: dict[str, Any]) -> Charset:
    charset = Charset(metadata["charset"], tuple(metadata["characters"]))
    known = get_charset(charset.name, len(charset)) if charset.name in CHARSETS else charset
    if not metadata["digest"] == charset.digest == known.digest:
        raise DataError(
            f"{folder / METADATA}: the digest {metadata['digest']!r} is not that of charset {charset.name!r} "
            f"({known.digest!r}): the labels would be misread. Prepare the set again."
        )
    return charset


def _open_array(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: prepare the set again.") from None
    except (OSError, ValueError, EOFError) as problem:
        raise DataError(f"{path} is damaged ({problem}): prepare the set again.") from problem
    if array.dtype != dtype or array.shape != shape:
        raise DataError(
            f"{path} is {array.dtype} {array.shape}, its metadata says {dtype} {shape}: prepare the set again."
        )
    return array


class PreparedWriter:
    """Fills a prepared set of known size, unit by unit, and gives it its name at the end.

    Work in progress lies in `.<name>.part` beside the set. `done` tells which units an interrupted run with the same
    plan finished, and what it noted about them. Rows are written through plain files, so that a full disk is an error
    and not a signal; several processes may write different rows (`writer.write` needs no lock).
    """

    def __init__(self, folder: Path, charset: Charset, size: int, count: int, plan: Mapping[str, Any]) -> None:
        """Start, or go on with, a set of at most `count` images.

        Args:
            plan: everything that decides what the set will hold (JSON values); a part with another plan is discarded.

        Raises:
            DataError: if the set is there already, or the disk has no room for it.
        """
        self.folder, self.charset, self.size, self.count = folder, charset, size, count
        self.plan = _fingerprint({"digest": charset.digest, "size": size, "count": count, **plan})
        if folder.exists():
            stored = read_json(folder / METADATA, DataError) if (folder / METADATA).exists() else {}
            how = "made from the same files in the same way" if stored.get("plan") == self.plan else "made otherwise"
            raise DataError(
                f"{folder} is there already, {how} ({stored.get('charset')}, {stored.get('size')} pixels): delete it, "
                "or move it away, to prepare it again."
            )
        self.part = folder.with_name(f".{folder.name}.part")
        self.done: dict[str, Any] = {}
        if (self.part / PROGRESS).exists():
            stored = read_json(self.part / PROGRESS, DataError)
            self.done = stored["done"] if stored["plan"] == self.plan else {}
        if not self.done:
            self._create()
        self._starts = {name: np.load(self._path(name), mmap_mode="r").offset for name in columns(size)}

    def _path(self, column: str) -> Path:
        return self.part / f"{column}.npy"

    def _create(self) -> None:
        shutil.rmtree(self.part, ignore_errors=True)
        self.part.mkdir(parents=True)
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
        write_json(self.part / PROGRESS, {"plan": self.plan, "done": {}})

    def write(self, start: int, **arrays: np.ndarray) -> None:
        """Write rows from `start` on of any of the columns; all arrays given have as many rows.

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
                    _write_all(file, memoryview(data.reshape(-1).view(np.uint8)))
            except OSError as problem:
                raise DataError(
                    f"{self._path(name)} cannot be written ({problem.strerror}): make room and run again, it goes on "
                    "where it stopped."
                ) from problem

    def mark_done(self, unit: str, facts: Any = None) -> None:
        """Note that all rows of a unit are written, with JSON facts to find in `done` after an interruption."""
        self.done[unit] = facts
        write_json(self.part / PROGRESS, {"plan": self.plan, "done": self.done})

    def read(self, column: str) -> np.ndarray:
        """Return a column as it stands, a read-only memory map of `count` rows."""
        return np.load(self._path(column), mmap_mode="r")

    def finish(self, metadata: Mapping[str, Any], dropped: int = 0) -> PreparedSet:
        """Leave out the rows without a label, write the metadata, give the folder its name, and open it.

        Args:
            metadata: name, split {how, seed}, files, preprocessing, licence; the rest is counted here.
            dropped: how many rows have no label on purpose.

        Raises:
            DataError: if another number of rows has no label, or nothing is left.
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
        labels, splits = np.load(self._path("labels")), np.load(self._path("splits"))
        counts = np.bincount(splits, minlength=len(SPLITS)).tolist()
        facts = {
            "charset": self.charset.name, "num_classes": len(self.charset), "digest": self.charset.digest,
            "size": self.size, "count": len(keep), "plan": self.plan,
            "split": {**metadata["split"], "counts": dict(zip(SPLITS, counts, strict=True))},
            "class_counts": np.bincount(labels, minlength=len(self.charset)).tolist(),
            "characters": list(self.charset.characters),
        }  # fmt: skip
        write_json(self.part / METADATA, {**metadata, **facts})
        (self.part / PROGRESS).unlink()
        os.replace(self.part, self.folder)
        return open_prepared(self.folder)


def _fingerprint(plan: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plan, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _write_all(file: Any, data: memoryview) -> None:
    while data:  # an unbuffered file may take less than it is given
        data = data[file.write(data) :]


def _keep_rows(path: Path, keep: np.ndarray) -> None:
    """Rewrite an array with only the rows `keep`, without holding it in memory."""
    old, temporary = np.load(path, mmap_mode="r"), path.with_suffix(".kept")
    with temporary.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(old.dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (len(keep), *old.shape[1:])})
        for first in range(0, len(keep), COPY_ROWS):
            file.write(np.ascontiguousarray(old[keep[first : first + COPY_ROWS]]).tobytes())
    os.replace(temporary, path)
