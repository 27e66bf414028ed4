"""Stroke files: JSON lines, gzipped or not, one written character a line (see `read_stroke_file`)."""

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kakitori.errors import DataError
from kakitori.strokes import Strokes, pack

OPENERS: dict[bool, Callable[..., Any]] = {True: gzip.open, False: open}  # by whether the name ends in .gz


@dataclass(frozen=True)
class Drawing:
    """One written character: its label, strokes, source and writer, and its line in the file, from 1."""

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
    if not isinstance(char, str) or (labelled and len(char) != 1):
        raise DataError(f"{place}: char is {char!r}, expected one character.")
    try:
        pack(strokes)
    except DataError as problem:
        raise DataError(f"{place}: {problem}") from problem
    source, writer = record.get("source", path.name.split(".")[0]), record.get("writer", "?")
    return Drawing(char, strokes, str(source), str(writer), number)
