"""Tables of the record layouts and the files of ETL1 to ETL9.

Sources, all below http://etlcdb.db.aist.go.jp/etlcdb/etln/ (positions count from 1, as there):

    M   form_m.htm    ETL1, ETL6, ETL7     bytes
    K   form_k.htm    ETL2                 6-bit characters
    C   form_c.htm    ETL3, ETL4, ETL5     6-bit characters
    8B  form_e8b.htm  ETL8B2               bytes; the first record is a dummy
    8G  form_e8g.htm  ETL8G                bytes
    9B  form_e9b.htm  ETL9B                bytes; the first record is a dummy
    9G  form_e9g.htm  ETL9G                bytes

Numbers of records: the same pages; http://etlcdb.db.aist.go.jp/specification-of-etl-1 and -2; the INFO files of ETL4
and ETL5. Everything is big-endian, the first pixel of a byte in its highest bits. Ink has the higher levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A field of a record: `first` position and `count`, in units of the layout."""

    name: str
    first: int
    count: int
    kind: str = "integer"  # or "text": ASCII in bytes, T56 in 6-bit characters; or "left8": only its highest 8 bits


@dataclass(frozen=True)
class Layout:
    """The layout of a record. Pixels are packed row by row from position `image_first` on."""

    unit_bits: int  # of the positions: 8 or 6
    record_bytes: int
    code: str  # the field with the character code
    fields: tuple[Field, ...]
    image_first: int
    width: int
    height: int
    pixel_bits: int

    @property
    def top_level(self) -> int:
        """Return the highest level, that of a pixel fully covered with ink."""
        return (1 << self.pixel_bits) - 1


def _grey(undefined: int) -> Layout:
    """Return the layout of ETL8G or ETL9G, which differ in the number of undefined bytes before the image."""
    fields = (
        Field("sheet", 1, 2), Field("jis", 3, 2), Field("reading", 5, 8, "text"), Field("serial", 13, 4),
        Field("quality", 17, 1), Field("group_quality", 18, 1), Field("sex", 19, 1), Field("age", 20, 1),
        Field("industry", 21, 2), Field("occupation", 23, 2), Field("collected", 25, 2), Field("scanned", 27, 2),
        Field("x", 29, 1), Field("y", 30, 1),
    )  # fmt: skip
    return Layout(8, 8199, "jis", fields, 31 + undefined, 128, 127, 4)


def _binary(record_bytes: int) -> Layout:
    fields = (Field("sheet", 1, 2), Field("jis", 3, 2), Field("reading", 5, 4, "text"))
    return Layout(8, record_bytes, "jis", fields, 9, 64, 63, 1)


# sex: 1 male, 2 female (JIS X 0303). collected, scanned: (19)YYMM. quality: 0 clean, up to 3. x, y: place on the sheet.
LAYOUTS = {
    "M": Layout(
        8, 2052, "jis",
        (
            Field("number", 1, 2), Field("name", 3, 2, "text"), Field("sheet", 5, 2), Field("jis", 7, 1),
            Field("ebcdic", 8, 1), Field("quality", 9, 1), Field("group_quality", 10, 1), Field("sex", 11, 1),
            Field("age", 12, 1), Field("serial", 13, 4), Field("industry", 17, 2), Field("occupation", 19, 2),
            Field("collected", 21, 2), Field("scanned", 23, 2), Field("y", 25, 1), Field("x", 26, 1),
            Field("lowest_level", 27, 1), Field("highest_level", 28, 1),
        ),
        33, 64, 63, 4,
    ),
    "K": Layout(
        6, 2745, "co59",
        (
            Field("serial", 1, 6), Field("source", 7, 1, "text"), Field("contents", 13, 6, "text"),
            Field("style", 19, 6, "text"), Field("co59", 29, 2),
        ),
        61, 60, 60, 6,
    ),
    "C": Layout(
        6, 2952, "jis",
        (
            Field("serial", 1, 6), Field("sheet", 7, 6), Field("jis", 13, 6, "left8"), Field("ebcdic", 19, 6, "left8"),
            Field("name", 25, 4, "text"), Field("quality", 31, 6), Field("group_quality", 37, 6), Field("y", 43, 6),
            Field("x", 49, 6), Field("sex", 55, 6), Field("age", 61, 6), Field("industry", 67, 6),
            Field("occupation", 73, 6), Field("collected", 79, 6), Field("scanned", 85, 6), Field("x_points", 91, 6),
            Field("y_points", 97, 6), Field("pixel_levels", 103, 6), Field("magnification", 109, 6),
            Field("old_serial", 115, 6),
        ),
        289, 72, 76, 4,
    ),
    "8B": _binary(512),
    "8G": _grey(undefined=30),
    "9B": _binary(576),
    "9G": _grey(undefined=34),
}  # fmt: skip


@dataclass(frozen=True)
class EtlSet:
    """One set of the database.

    `writer_set` defines which samples may share a writer: "sheet", samples with the same sheet number; a number N, each
    run of N samples, counted through the files (every character once, written by several people); None, print without
    writers. In an `interleaved` set (ETL8B2) the samples of one character are adjacent, one of each of N writer sets.
    """

    name: str
    layout: str
    code: str  # the code of training.data.etl.codes.label_table
    database: int  # number of the database: sets of the same sheets share it, and so their writer numbers
    files: tuple[tuple[str, int | None], ...]  # name, number of samples where it is published for each file
    samples: int  # in all files
    writer_set: int | str | None
    interleaved: bool = False
    models: int = 0  # samples at the end of an interleaved set that belong to no writer set
    dummies: int = 0  # records before the first sample of each file
    per_class: int | None = None  # samples of each character of `code`, where all have the same number
    replaced_by: str | None = None  # the set with the same sheets in grey


def _numbered(name: str, samples: Sequence[int | None]) -> tuple[tuple[str, int | None], ...]:
    return tuple((name.format(number), count) for number, count in enumerate(samples, 1))


_ROWS = (
    EtlSet("etl1", "M", "katakana", 1, _numbered(
        "ETL1C_{:02d}", [11560] * 6 + [11288] * 2 + [11287] + [11288] * 2 + [11287, 4233]), 141_319, "sheet"),
    EtlSet("etl2", "K", "co59", 2, _numbered("ETL2_{}", [9056, 10480, 11360, 10480, 11420]), 52_796, None),
    EtlSet("etl3", "C", "katakana", 3, _numbered("ETL3C_{}", [None] * 2), 9600, "sheet"),
    EtlSet("etl4", "C", "hiragana", 4, (("ETL4C", 6120),), 6120, "sheet"),
    EtlSet("etl5", "C", "katakana", 5, (("ETL5C", 10608),), 10_608, "sheet"),
    EtlSet("etl6", "M", "katakana", 6, _numbered("ETL6C_{:02d}", [None] * 12), 157_662, "sheet"),
    EtlSet("etl7", "M", "hiragana", 7, (
        ("ETL7LC_1", 9600), ("ETL7LC_2", 7200), ("ETL7SC_1", 9600), ("ETL7SC_2", 7200)), 33_600, "sheet"),
    # The last 956 samples of ETL8, and the last 3,036 of ETL9B, have no set number: they are models, or uncertain.
    EtlSet("etl8b2", "8B", "etl8g", 8, _numbered("ETL8B2C{}", [51_200, 51_200, 51_516]), 153_916, 160,
           interleaved=True, models=956, dummies=1, per_class=161, replaced_by="etl8g"),
    EtlSet("etl8g", "8G", "etl8g", 8, _numbered("ETL8G_{:02d}", [4780] * 32 + [956]), 153_916, 956, per_class=161),
    EtlSet("etl9b", "9B", "etl9g", 9, _numbered("ETL9B_{}", [121_440] * 4 + [124_476]), 610_236, 3036,
           dummies=1, per_class=201, replaced_by="etl9g"),
    EtlSet("etl9g", "9G", "etl9g", 9, _numbered("ETL9G_{:02d}", [12_144] * 50), 607_200, 3036, per_class=200),
)  # fmt: skip
SETS = {row.name: row for row in _ROWS}

# The data sets that can be prepared, by the value of `--dataset`: each has the charset of that name and these sets.
DATASETS = {
    "etl9g": ("etl9g", "etl9b"),
    "etl8g": ("etl8g", "etl8b2"),
    "etl-all": tuple(SETS),
}
