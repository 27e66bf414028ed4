"""The command line: `kakitori read FILE…`. The only module of this package that prints."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kakitori import __version__
from kakitori.candidates import Candidate, Result, check_top_k
from kakitori.errors import DataError, KakitoriError
from kakitori.image_files import read_image
from kakitori.recognizer import DEFAULT_TOP_K, DEFAULT_VARIANT, Recognizer
from kakitori.stroke_files import iterate_drawings

STROKE_SUFFIXES = (".json", ".jsonl", ".ndjson")  # each also followed by .gz; other files are pictures
STDIN, STDIN_NAME = "-", "standard input"
GZIP, STROKES = b"\x1f\x8b", b"{"  # what gzipped files (RFC 1952) and JSON lines begin with, and no picture does
SHOWN, LEAST = 5, 0.0005  # candidates in a table row, and the probability from which one is shown
ESCAPED = "backslashreplace"  # error handler: a character that the output cannot encode becomes \uXXXX


@dataclass(frozen=True)
class Reading:
    """The result of a picture, or of one line of a stroke file with its label, "" where it has none."""

    file: str
    line: int | None
    written: str
    result: Result

    @property
    def place(self) -> str:
        """The file, and the line in it, for a message."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"

    def to_json(self) -> str:
        """Return the reading as one line of JSON."""
        return json.dumps(
            {
                "file": self.file,
                "line": self.line,
                "written": self.written,
                "unsure": self.result.unsure,
                "candidates": [asdict(candidate) for candidate in self.result.candidates],
            },
            ensure_ascii=False,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, or 1 where a file or line could not be read."""
    options = _parser().parse_args(arguments)
    try:
        recognizer = Recognizer.load(options.model, options.variant)
        readings = read_files(recognizer, options.files, check_top_k(options.top_k))
        status = _print_readings(readings, options.json)
        sys.stdout.flush()
    except KakitoriError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # the program that read the output has ended, as in `kakitori read … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python's last flush fails too
        return 1
    return status


def read_files(recognizer: Recognizer, files: Iterable[str], top_k: int) -> Iterator[Reading | KakitoriError]:
    """Yield the reading of each picture and of each line of a stroke file, or why it cannot be read."""
    for file in files:
        try:
            yield from _read_input(recognizer, top_k) if file == STDIN else _read_file(recognizer, file, top_k)
        except KakitoriError as error:
            yield error


def _read_input(recognizer: Recognizer, top_k: int) -> Iterator[Reading | KakitoriError]:
    content = sys.stdin.buffer.read()
    if not content:
        raise DataError("Standard input is empty: expected a stroke file or a picture.")
    if content.startswith(GZIP) or content.lstrip().startswith(STROKES):
        yield from _read_strokes(recognizer, content, STDIN_NAME, content.startswith(GZIP), top_k)
    else:
        yield _read(recognizer.recognize_image, read_image(content), top_k, STDIN_NAME)


def _read_file(recognizer: Recognizer, file: str, top_k: int) -> Iterator[Reading | KakitoriError]:
    if file.removesuffix(".gz").endswith(STROKE_SUFFIXES):
        yield from _read_strokes(recognizer, Path(file), file, file.endswith(".gz"), top_k)
    else:
        yield _read(recognizer.recognize_image, read_image(file), top_k, file)


def _read_strokes(
    recognizer: Recognizer, content: Path | bytes, name: str, is_gzipped: bool, top_k: int
) -> Iterator[Reading | KakitoriError]:
    for drawing in iterate_drawings(content, name, is_gzipped):
        if isinstance(drawing, KakitoriError):
            yield drawing
        else:
            yield _read(recognizer.recognize, drawing.strokes, top_k, name, drawing.line, drawing.char)


def _read(
    recognize: Callable[..., Result], ink: Any, top_k: int, name: str, line: int | None = None, written: str = ""
) -> Reading:
    """Return the reading of strokes or pixels; the name of the file is added to the message of an error."""
    try:
        return Reading(name, line, written, recognize(ink, top_k))
    except KakitoriError as error:
        raise type(error)(f"{name}: {error}") from error


def _print_readings(readings: Iterable[Reading | KakitoriError], as_json: bool) -> int:
    """Print readings, and to standard error what has no ink or cannot be read; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # In UTF-8 only lone surrogates, as in names of files that are not UTF-8, are escaped; \udcff is JSON's escape.
        sys.stdout.reconfigure(encoding="utf-8" if as_json else None, errors=ESCAPED)
    rows, status = [], 0
    for reading in readings:
        if isinstance(reading, KakitoriError):
            print(reading, file=sys.stderr)
            status = 1
            continue
        if not reading.result.candidates:
            print(f"{reading.place}: there is no ink.", file=sys.stderr)
        if as_json:
            print(reading.to_json(), flush=True)
        else:
            rows.append(reading)
    if rows:
        _print_table(rows)
    return status


def _print_table(readings: list[Reading]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    file, candidates = Column("file", overflow="fold"), Column("candidates", overflow="fold")  # nothing is cut off
    table = Table(file, "line", "written", candidates, "")
    for reading in readings:
        result = reading.result
        shown = "  ".join(_describe(c) for c in result.candidates[:SHOWN] if c.probability >= LEAST) or "no ink"
        line = "" if reading.line is None else str(reading.line)
        cells = (reading.file, line, reading.written, shown, "unsure" if result.unsure else "")
        # As the output can encode them, so that columns are as wide as what is shown.
        table.add_row(*(Text(cell.encode(console.encoding, ESCAPED).decode(console.encoding)) for cell in cells))
    console.print(table)


def _describe(candidate: Candidate) -> str:
    return f"{candidate.char} {100 * candidate.probability:.1f} %"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kakitori", description="Recognizes handwritten Japanese characters.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read",
        help="recognize stroke files and pictures",
        description="Recognize stroke files (JSON lines, gzipped or not) and pictures of one character each. "
        "Exit status 1: a file or a line could not be read.",
    )
    read.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="*.jsonl, *.ndjson or *.json, also with .gz: strokes; others: a picture; -: either from standard input",
    )
    read.add_argument(
        "--model",
        metavar="MODEL",
        help="model directory, or owner/name of a model on the Hugging Face Hub (default: the model of this package)",
    )
    read.add_argument("--variant", default=DEFAULT_VARIANT, help="row of its manifest.json (default: %(default)s)")
    read.add_argument(
        "--top-k", type=int, default=DEFAULT_TOP_K, metavar="N", help="number of candidates (default: %(default)s)"
    )
    read.add_argument("--json", action="store_true", help="print one line of JSON for each drawing and picture")
    return parser
