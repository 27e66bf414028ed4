"""Stroke files: JSON lines, gzipped or not, one written character a line (see `read_stroke_file`)."""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from kakitori.errors import DataError
from kakitori.ink import Strokes, pack

OPENERS = {True: gzip.open, False: open}  # by whether the name ends in .gz


@dataclass(frozen=True)
class Drawing:
    """One written character: what was meant, the strokes, and who wrote it where."""

    char: str
    strokes: Strokes
    source: str
    writer: str
    line: int


def read_stroke_file(path: Path) -> list[Drawing]:
    """Return the drawings of `{"char", "strokes": [[[x, y], …], …], "source", "writer"}` lines; the last two may lack.

    Raises:
        DataError: if the file is missing or cut short, or a line is broken; the line is named.
    """
    try:
        with OPENERS[path.suffix == ".gz"](path, "rt", encoding="utf-8") as lines:
            return [_parse_line(text, f"{path}, line {number}", number) for number, text in enumerate(lines, 1)]
    except FileNotFoundError:
        raise DataError(f"There is no stroke file {str(path)!r}.") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise DataError(f"{path} cannot be read to its end ({problem}): it is damaged or mislabelled.") from problem


def _parse_line(text: str, place: str, number: int) -> Drawing:
    try:
        record = json.loads(text)
        char, strokes = record["char"], record["strokes"]
    except (json.JSONDecodeError, KeyError, TypeError) as problem:
        raise DataError(f'{place}: expected {{"char": …, "strokes": …}} in JSON ({problem!r}).') from problem
    if not isinstance(char, str) or len(char) != 1:
        raise DataError(f"{place}: char is {char!r}, expected one character.")
    try:
        pack(strokes)
    except (DataError, TypeError) as problem:
        raise DataError(f"{place}: {problem}") from problem
    return Drawing(char, strokes, str(record.get("source", path_source(place))), str(record.get("writer", "?")), number)


def path_source(place: str) -> str:
    """Return the source's name for lines that tell none: the file's."""
    return Path(place.rsplit(", line", 1)[0]).name.split(".")[0]
