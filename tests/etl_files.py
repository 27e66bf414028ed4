"""Write files of every ETL format from generated ink. Shares no code with the reader.

    python -m tests.etl_files DIR     a substitute for the whole of ETL9G in DIR: 50 files, 5 GB

The widths below are from the form pages of http://etlcdb.db.aist.go.jp/etlcdb/etln/, field by field; the reader uses
positions instead. A record is built as one integer.
"""

import sys
from pathlib import Path

import numpy as np
from rich.progress import track

from kakitori.charset import get_charset
from training.ink.source import InkSource

# (name, bits) in the order of the record; the name of an undefined field is None.
FORMATS = {
    "M": [
        ("number", 16), ("name", 16), ("sheet", 16), ("jis", 8), ("ebcdic", 8), ("quality", 8), ("group_quality", 8),
        ("sex", 8), ("age", 8), ("serial", 32), ("industry", 16), ("occupation", 16), ("collected", 16),
        ("scanned", 16), ("y", 8), ("x", 8), ("lowest_level", 8), ("highest_level", 8), (None, 32),
        ("image", 64 * 63 * 4), (None, 32),
    ],
    "K": [
        ("serial", 36), ("source", 6), (None, 30), ("contents", 36), ("style", 36), (None, 24), ("co59", 12),
        (None, 180), ("image", 60 * 60 * 6),
    ],
    "C": [
        ("serial", 36), ("sheet", 36), ("jis", 8), (None, 28), ("ebcdic", 8), (None, 28), ("name", 24), (None, 12),
        ("quality", 36), ("group_quality", 36), ("y", 36), ("x", 36), ("sex", 36), ("age", 36), ("industry", 36),
        ("occupation", 36), ("collected", 36), ("scanned", 36), ("x_points", 36), ("y_points", 36),
        ("pixel_levels", 36), ("magnification", 36), ("old_serial", 36), (None, 1008), ("image", 72 * 76 * 4),
    ],
    "8B": [("sheet", 16), ("jis", 16), ("reading", 32), ("image", 64 * 63)],
    "9B": [("sheet", 16), ("jis", 16), ("reading", 32), ("image", 64 * 63), (None, 512)],
    "8G": [
        ("sheet", 16), ("jis", 16), ("reading", 64), ("serial", 32), ("quality", 8), ("group_quality", 8), ("sex", 8),
        ("age", 8), ("industry", 16), ("occupation", 16), ("collected", 16), ("scanned", 16), ("x", 8), ("y", 8),
        (None, 240), ("image", 128 * 127 * 4), (None, 88),
    ],
    "9G": [
        ("sheet", 16), ("jis", 16), ("reading", 64), ("serial", 32), ("quality", 8), ("group_quality", 8), ("sex", 8),
        ("age", 8), ("industry", 16), ("occupation", 16), ("collected", 16), ("scanned", 16), ("x", 8), ("y", 8),
        (None, 272), ("image", 128 * 127 * 4), (None, 56),
    ],
}  # fmt: skip
SHAPES = {"M": (63, 64), "K": (60, 60), "C": (76, 72), "8B": (63, 64), "9B": (63, 64), "8G": (127, 128),
          "9G": (127, 128)}  # fmt: skip
BITS = {"M": 4, "K": 6, "C": 4, "8B": 1, "9B": 1, "8G": 4, "9G": 4}
DUMMIES = {"8B": 1, "9B": 1}
TEXT = {"name", "reading", "source", "contents", "style"}
SIX_BITS = {"K", "C"}
# The T56 codes that the tests use: digits from 0, A to I from 17, J to R from 33, S to Z from 50, blank 16.
T56 = {" ": 16} | {str(n): n for n in range(10)}
for first, letters in ((17, "ABCDEFGHI"), (33, "JKLMNOPQR"), (50, "STUVWXYZ")):
    T56 |= {letter: first + n for n, letter in enumerate(letters)}


def fields_of(form: str) -> list[tuple[str, int]]:
    """Return the name and the number of bits of each field of a format, without the image."""
    return [(name, bits) for name, bits in FORMATS[form] if name not in (None, "image")]


def pack_record(form: str, values: dict, levels: np.ndarray, undefined: int = 0) -> bytes:
    """Return a record's bytes; each bit of the undefined fields is `undefined`."""
    record, total = 0, 0
    for name, bits in FORMATS[form]:
        if name is None:
            value = (1 << bits) - 1 if undefined else 0
        elif name == "image":
            value = pack_digits(levels.ravel().tolist(), BITS[form])
        elif name in TEXT and form in SIX_BITS:
            value = pack_digits([T56[c] for c in values.get(name, "").ljust(bits // 6)], 6)
        elif name in TEXT:
            value = pack_digits(values.get(name, "").ljust(bits // 8).encode("ascii"), 8)
        else:
            value = values.get(name, 0)
        assert 0 <= value < 1 << bits, (name, value)
        record, total = record << bits | value, total + bits
    assert total % 8 == 0
    return record.to_bytes(total // 8, "big")


def pack_digits(digits, bits: int) -> int:
    """Return the integer with these digits of `bits` bits, the most significant first."""
    return int("".join(f"{digit:0{bits}b}" for digit in digits), 2)


def write_file(path, form: str, records: list[tuple[dict, np.ndarray]]) -> None:
    """Write a file of (values, levels) records, after the dummy records of its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = SHAPES[form]
    dummy = pack_record(form, {}, np.zeros((height, width), int), undefined=1)
    path.write_bytes(dummy * DUMMIES.get(form, 0) + b"".join(pack_record(form, *record) for record in records))


def draw(source, labels, form: str, seed: int, light_on_dark: bool = True) -> np.ndarray:
    """Return generated ink (n, H, W) in the levels of a format."""
    height, width = SHAPES[form]
    top = (1 << BITS[form]) - 1
    ink = source.images(np.asarray(labels), max(height, width), [seed])[:, :height, :width]
    levels = np.round(ink / 255 * top).astype(np.uint8)
    return levels if light_on_dark else top - levels


GREY_HEADER = np.dtype([
    ("sheet", ">u2"), ("jis", ">u2"), ("reading", "S8"), ("serial", ">u4"), ("marks", "u1", 4), ("codes", ">u2", 4),
    ("place", "u1", 2), ("undefined", "u1", 34), ("image", "u1", 127 * 64), ("uncertain", "u1", 7),
])  # fmt: skip


def write_etl9g(path, jis: np.ndarray, images: np.ndarray, first_sheet: int) -> None:
    """Write a file of ETL9G from `jis` (n,) codes and `images` (n, 127, 128) levels, with NumPy; 20 sheets a set."""
    records = np.zeros(len(jis), GREY_HEADER)
    assert records.itemsize == 8199
    records["jis"], records["serial"] = jis, np.arange(1, len(jis) + 1)
    records["sheet"] = first_sheet + np.arange(len(jis)) * 20 // 3036
    records["image"] = (images[:, :, 0::2] << 4 | images[:, :, 1::2]).reshape(len(jis), -1)
    records.tofile(path)


STAND_IN_FILES, SETS_PER_FILE = 50, 4


def write_stand_in(folder: Path, files: int = STAND_IN_FILES) -> None:
    """Write the first files of a substitute for ETL9G.

    Four images of every character are generated; each file has them at another offset, with other specks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    charset = get_charset("etl9g")
    source, codes = InkSource(charset), np.array([int(charset.jis(i), 16) for i in range(len(charset))])
    hands = [draw(source, np.arange(len(codes)), "9G", seed) for seed in range(SETS_PER_FILE)]
    images, rng = np.concatenate(hands), np.random.default_rng(0)
    for file in track(range(files), "Writing a substitute for ETL9G"):
        moved = np.roll(images, rng.integers(-3, 4, 2), (1, 2))
        specks = (rng.random(images.shape[1:]) < 0.1).astype(np.uint8)
        path = folder / f"ETL9G_{file + 1:02d}"
        write_etl9g(path, np.tile(codes, SETS_PER_FILE), np.minimum(15, moved + specks), file * 20 * SETS_PER_FILE + 1)


if __name__ == "__main__":
    write_stand_in(Path(sys.argv[1]))
