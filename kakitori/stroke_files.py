"""Stroke files: JSON lines, gzipped or not, one written character a line, in UTF-8.

    {"char": "田", "strokes": [[[x, y], …], …], "source": "…", "writer": "…"}

`source` and `writer` may be left out: they are then the file's name and "?".
"""

import gzip
import io
import json
import reprlib
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kakitori.charset import forbidden_in
from kakitori.errors import DataError, NoInkError
from kakitori.files import is_special
from kakitori.strokes import Strokes, pack

ENCODING = "utf-8-sig"  # UTF-8, with or without a byte order mark
LONGEST_NAME = 200  # of a class, in code points


@dataclass(frozen=True)
class Drawing:
    """One written character: its label in NFC, strokes, source and writer, and its line in the file, from 1.

    The label names a class: a character, or a word where the classes are words.
    """

    char: str
    strokes: Strokes
    source: str
    writer: str
    line: int


def read_stroke_file(path: Path) -> list[Drawing]:
    """Return the drawings of a stroke file, each with its label and at least one point.

    Args:
        path: gzipped if its name ends in .gz.

    Raises:
        DataError: if the file is missing or cut short, or a line is invalid; the sentence names the line.
    """
    with _open_lines(path, str(path), path.suffix == ".gz") as lines:
        return [_parse_line(text, str(path), number, labelled=True) for number, text in enumerate(lines, 1)]


def iterate_drawings(file: Path | bytes, name: str, is_gzipped: bool) -> Iterator[Drawing | DataError]:
    """Yield the drawing of each line of a stroke file, or what is wrong with the line.

    A label that is left out is ""; a drawing may have no points.

    Args:
        file: its path, or its content.
        name: of the file in messages.
        is_gzipped: whether it is gzipped.

    Raises:
        DataError: if the file is missing or cut short.
    """
    with _open_lines(file, name, is_gzipped) as lines:
        for number, text in enumerate(lines, 1):
            try:
                yield _parse_line(text, name, number, labelled=False)
            except DataError as problem:
                yield problem


@contextmanager
def _open_lines(file: Path | bytes, name: str, is_gzipped: bool) -> Iterator[IO[str]]:
    """Open the lines of a stroke file; raise DataError where reading them fails."""
    if isinstance(file, Path) and is_special(file):
        raise DataError(f"{name} is not a regular file: name a stroke file.")
    try:
        with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as raw:
            content = gzip.GzipFile(fileobj=raw) if is_gzipped else raw
            with io.TextIOWrapper(content, encoding=ENCODING) as lines:
                yield lines
    except FileNotFoundError:
        raise DataError(f"There is no stroke file {name!r}.") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise DataError(f"{name} cannot be read to its end ({problem}): it is damaged or misnamed.") from problem


def _parse_line(text: str, name: str, number: int, labelled: bool) -> Drawing:
    place = f"{name}, line {number}"
    try:
        record = json.loads(text)
        strokes = record["strokes"]
        char = record["char"] if labelled else record.get("char", "")
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise DataError(f'{place}: expected {{"char": …, "strokes": …}} in JSON ({problem!r}).') from problem
    if not isinstance(char, str) or (labelled and not char) or len(char) > LONGEST_NAME or forbidden_in(char):
        raise DataError(
            f"{place}: char is {reprlib.repr(char)}, expected a character or the name of a class, of 1 to "
            f"{LONGEST_NAME} characters without control characters."
        )
    try:
        pack(strokes)
    except DataError as problem:
        if labelled or not isinstance(problem, NoInkError):
            raise DataError(f"{place}: {problem}") from problem
    source, writer = record.get("source", Path(name).name.split(".")[0]), record.get("writer", "?")
    return Drawing(unicodedata.normalize("NFC", char), strokes, str(source), str(writer), number)
