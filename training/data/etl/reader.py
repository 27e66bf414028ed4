"""Decode ETL records: fields as numbers and text, images as levels of ink. Layouts and sources are in `formats`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from kakitori.errors import DataError
from training.data.etl.codes import T56
from training.data.etl.formats import LAYOUTS, EtlSet, Field, Layout

BLOCK_PIXELS = 1 << 24  # in one block: 1,000 records of ETL9G, 4,000 of the smaller layouts
_T56 = np.array(list(T56))


@dataclass(frozen=True)
class Block:
    """Consecutive records of a file."""

    first: int  # number of the first record among the file's samples, from 0
    offset: int  # byte offset of the first record in the file
    raw: np.ndarray  # (n, record_bytes) uint8


def count_samples(path: Path, etl_set: EtlSet) -> tuple[int, int]:
    """Return the number of whole samples in a file, from its length, and the number of bytes after them.

    Raises:
        DataError: if the file cannot be read.
    """
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as problem:
        raise DataError(f"{path} cannot be read ({problem.strerror}).") from problem
    records, over = divmod(size, LAYOUTS[etl_set.layout].record_bytes)
    return max(0, records - etl_set.dummies), over


def read_blocks(path: Path, etl_set: EtlSet, digest: Any = None) -> Iterator[Block]:
    """Yield the samples of a file in blocks, without dummy records and without an incomplete last record.

    Args:
        digest: a hashlib object that is updated with all bytes of the file.

    Raises:
        DataError: if the file cannot be read.
    """
    layout = LAYOUTS[etl_set.layout]
    record_bytes, per_block = layout.record_bytes, BLOCK_PIXELS // (layout.width * layout.height)
    try:
        with path.open("rb", buffering=0) as file:
            record = 0
            while data := _read(file, per_block * record_bytes):
                if digest:
                    digest.update(data)
                raw = np.frombuffer(data, np.uint8, len(data) // record_bytes * record_bytes)
                skip = max(0, etl_set.dummies - record)
                raw = raw.reshape(-1, record_bytes)[skip:]
                if len(raw):
                    yield Block(record + skip - etl_set.dummies, (record + skip) * record_bytes, raw)
                record += len(raw) + skip
    except OSError as problem:
        raise DataError(f"{path} cannot be read ({problem.strerror}).") from problem


def _read(file: Any, size: int) -> bytes:
    """Return the next `size` bytes of an unbuffered file, or fewer at its end."""
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def decode_field(raw: np.ndarray, layout: Layout, name: str) -> np.ndarray:
    """Return a field of each record, (n,) int64, or (n,) str for text.

    Args:
        raw: (n, record_bytes) uint8.
    """
    field = next(f for f in layout.fields if f.name == name)
    return _decode(_header(raw, layout), layout, field)


def _header(raw: np.ndarray, layout: Layout) -> np.ndarray:
    """Return the units before the image, (n, U) uint8: bytes, or 6-bit values one a byte."""
    last = max(field.first + field.count - 1 for field in layout.fields)
    return raw[:, :last] if layout.unit_bits == 8 else _six_bits(raw[:, : -(-last // 4) * 3])


def _decode(units: np.ndarray, layout: Layout, field: Field) -> np.ndarray:
    part = units[:, field.first - 1 : field.first - 1 + field.count]
    if field.kind == "text":
        if layout.unit_bits == 6:
            return np.array(["".join(row) for row in _T56[part]])
        return np.array([row.tobytes().decode("ascii", "replace") for row in part])
    shifts = layout.unit_bits * np.arange(field.count - 1, -1, -1)
    value = (part.astype(np.int64) << shifts).sum(1)
    return value >> (layout.unit_bits * field.count - 8) if field.kind == "left8" else value


def decode_levels(raw: np.ndarray, layout: Layout) -> np.ndarray:
    """Return the images (n, height, width) uint8 of levels from 0 (paper) to `layout.top_level` (ink)."""
    pixels = layout.width * layout.height
    first = (layout.image_first - 1) * layout.unit_bits // 8
    packed = raw[:, first : first + pixels * layout.pixel_bits // 8]
    return UNPACKERS[layout.pixel_bits](packed).reshape(len(raw), layout.height, layout.width)


@njit(cache=True, nogil=True)
def _four_bits(packed: np.ndarray) -> np.ndarray:
    """Return (n, 2k) uint8 values of 0..15 of (n, k) uint8, the high half of a byte first.

    Compiled, because NumPy's strided writes are slow: docs/measurements.md#preparation.
    """
    levels = np.empty((packed.shape[0], 2 * packed.shape[1]), np.uint8)
    for n in range(packed.shape[0]):
        for i in range(packed.shape[1]):
            levels[n, 2 * i] = packed[n, i] >> 4
            levels[n, 2 * i + 1] = packed[n, i] & 15
    return levels


def _six_bits(packed: np.ndarray) -> np.ndarray:
    """Return (n, 4k) uint8 values of 0..63 of (n, 3k) uint8."""
    first, second, third = (packed[:, i::3] for i in range(3))
    levels = (first >> 2, (first & 3) << 4 | second >> 4, (second & 15) << 2 | third >> 6, third & 63)
    return np.stack(levels, -1).reshape(len(packed), -1)


# By the bits of a pixel.
UNPACKERS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda packed: np.unpackbits(packed, axis=1), 4: _four_bits, 6: _six_bits,
}  # fmt: skip
