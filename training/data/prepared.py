"""Prepared sets: the images of one data set, fitted and ready to train on, in one folder.

    images.npy     (N, S, S) uint8 coverage, 0 paper, 255 ink, cropped and fitted by `kakitori.picture`
    labels.npy     (N,) int32 class index
    writers.npy    (N,) int32 writer, or group of writers; -1 where unknown
    splits.npy     (N,) uint8 index into SPLITS
    records.npy    (N,) RECORD, the place in the source files that an image comes from
    metadata.json  kakitori.schemas.prepared.PreparedMetadata

All arrays are plain `.npy` files, so that `numpy.load(mmap_mode="r")` reads them without holding them in memory.
`training.data.prepared_writer` writes such a folder.
"""

import re
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import CHARSETS, Charset, get_charset
from kakitori.errors import DataError
from kakitori.schemas.prepared import METADATA_FILE, PREPARE_AGAIN, PreparedMetadata
from kakitori.schemas.reader import read_document

SPLITS = ("train", "validation", "test")
# Positions in SPLITS, stored in splits.npy. They are also the first entry of every seed, so that no image is drawn for
# two splits: other values would change every generated image and every seeded choice.
TRAIN, VALIDATION, TEST = 0, 1, 2
RECORD = np.dtype([("file", "<i4"), ("record", "<i4"), ("offset", "<i8")])  # index into `files`, record, its first byte
DATASETS = Path("datasets")
PLAIN_NAME = re.compile(r"(?!\.)[\w.-]{1,100}")  # of a set: never a path


@dataclass(frozen=True)
class PreparedSet:
    """An opened prepared set of N images; `images` and `records` are memory maps."""

    folder: Path
    charset: Charset
    metadata: PreparedMetadata
    images: np.ndarray  # (N, S, S) uint8
    labels: np.ndarray  # (N,) int32
    writers: np.ndarray  # (N,) int32
    splits: np.ndarray  # (N,) uint8
    records: np.ndarray  # (N,) RECORD

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def size(self) -> int:
        """Return the side of an image in pixels."""
        return self.metadata.size

    def rows(self, split: str) -> np.ndarray:
        """Return the rows (n,) int64 of one of SPLITS, ascending."""
        return np.flatnonzero(self.splits == SPLITS.index(split))


def prepared_folder(name: str, size: int) -> Path:
    """Return the folder of the prepared set of a name and image side.

    Raises:
        DataError: if the name is not plain.
    """
    return DATASETS / f"{check_name(name)}-{size}"


def check_name(name: Any) -> str:
    """Return the name of a data set, which may come from another's config.json.

    Raises:
        DataError: unless it is text of letters, digits, `_`, `-` and `.`, without `.` at the start.
    """
    if not isinstance(name, str) or not PLAIN_NAME.fullmatch(name):
        raise DataError(
            f"The data set's name is {reprlib.repr(name)}, expected up to 100 letters, digits, '_', '-' and '.', the "
            "first not '.': correct it."
        )
    return name


def columns(size: int) -> dict[str, tuple[np.dtype, tuple[int, ...]]]:
    """Return the dtype and the shape of one row of each array of a set with images of `size` pixels."""
    return {
        "images": (np.dtype(np.uint8), (size, size)),
        "labels": (np.dtype("<i4"), ()),
        "writers": (np.dtype("<i4"), ()),
        "splits": (np.dtype(np.uint8), ()),
        "records": (RECORD, ()),
    }


def read_metadata(folder: Path) -> PreparedMetadata:
    """Return the metadata of a prepared set.

    Raises:
        DataError: if the file is missing or damaged, or a field is missing or wrong.
    """
    return read_document(folder / METADATA_FILE, PreparedMetadata, DataError, PREPARE_AGAIN)


def open_prepared(folder: Path) -> PreparedSet:
    """Return a prepared set after checking that its parts agree with each other.

    Raises:
        DataError: if the folder or a part of it is missing, damaged, or contradicts another part.
    """
    if not folder.is_dir():
        raise DataError(f"There is no prepared set {str(folder)!r}: make it with `invoke data`.")
    metadata = read_metadata(folder)
    charset = _stored_charset(folder, metadata)
    arrays = {
        name: _open_array(folder / f"{name}.npy", dtype, (metadata.count, *shape))
        for name, (dtype, shape) in columns(metadata.size).items()
    }
    in_memory = {name: np.array(arrays[name]) for name in ("labels", "writers", "splits")}
    for name, limit in (("labels", len(charset)), ("splits", len(SPLITS))):
        values = in_memory[name]
        if len(values) and not 0 <= values.min() <= values.max() < limit:
            raise DataError(f"{folder / name}.npy holds values outside 0..{limit - 1}: {PREPARE_AGAIN}.")
    return PreparedSet(folder, charset, metadata, **(arrays | in_memory))


def _stored_charset(folder: Path, metadata: PreparedMetadata) -> Charset:
    charset = Charset(metadata.charset, tuple(metadata.characters))
    known = get_charset(charset.name, len(charset)) if charset.name in CHARSETS else charset
    if not metadata.digest == charset.digest == known.digest:
        raise DataError(
            f"{folder / METADATA_FILE}: digest is {metadata.digest!r}, expected {known.digest!r}, that of charset "
            f"{charset.name!r}, so the labels would be misread: {PREPARE_AGAIN}."
        )
    return charset


def _open_array(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: {PREPARE_AGAIN}.") from None
    except (OSError, ValueError, EOFError) as problem:
        raise DataError(f"{path} is damaged ({problem}): {PREPARE_AGAIN}.") from problem
    if array.dtype != dtype or array.shape != shape:
        raise DataError(f"{path} is {array.dtype} {array.shape}, expected {dtype} {shape}: {PREPARE_AGAIN}.")
    return array
