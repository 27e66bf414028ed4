"""Stroke files: JSON lines, gzipped or not, one written character a line (see `read_stroke_file`)."""

import gzip
import json
import reprlib
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kakitori.charset import forbidden_in
from kakitori.errors import DataError
from kakitori.strokes import Strokes, pack

OPENERS: dict[bool, Callable[..., Any]] = {True: gzip.open, False: open}  # by whether the name ends in .gz
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


def read_stroke_file(path: Path, labelled: bool = True) -> list[Drawing]:
    """Return the drawings of the lines `{"char", "strokes": [[[x, y], …], …], "source", "writer"}`.

    Args:
        path: gzipped if its name ends in .gz.
        labelled: whether each line must have `char`; without one it is "". `source` and `writer` may always be left
            out: they are then the file's name and "?".

    Raises:
        DataError: if the file is missing or cut short, or a line is invalid; the sentence names the line.
    """
    try:
        with OPENERS[path.suffix == ".gz"](path, "rt", encoding="utf-8") as lines:
            return [_parse_line(text, path, number, labelled) for number, text in enumerate(lines, 1)]
    except FileNotFoundError:
        raise DataError(f"There is no stroke file {str(path)!r}.") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise DataError(f"{path} cannot be read to its end ({problem}): it is damaged or misnamed.") from problem


def _parse_line(text: str, path: Path, number: int, labelled: bool) -> Drawing:
    place = f"{path}, line {number}"
    try:
        record = json.loads(text)
        strokes = record["strokes"]
        char = record["char"] if labelled else record.get("char", "")
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError) as problem:
        raise DataError(f'{place}: expected {{"char": …, "strokes": …}} in JSON ({problem!r}).') from problem
    if not isinstance(char, str) or (labelled and not char) or len(char) > LONGEST_NAME or forbidden_in(char):
        raise DataError(
            f"{place}: char is {reprlib.repr(char)}, expected a character or the name of a class, of 1 to "
            f"{LONGEST_NAME} characters without control characters."
        )
    try:
        pack(strokes)
    except DataError as problem:
        raise DataError(f"{place}: {problem}") from problem
    source, writer = record.get("source", path.name.split(".")[0]), record.get("writer", "?")
    return Drawing(unicodedata.normalize("NFC", char), strokes, str(source), str(writer), number)
