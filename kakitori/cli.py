"""The command line: `kakitori read FILE…`. The only module of this package that prints."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from kakitori.candidates import Candidate, Result
from kakitori.errors import KakitoriError
from kakitori.recognizer import DEFAULT_MODEL, DEFAULT_TOP_K, DEFAULT_VARIANT, Recognizer
from kakitori.stroke_files import read_stroke_file

STROKE_SUFFIXES = (".json", ".jsonl", ".ndjson")  # each also followed by .gz; other files are pictures
SHOWN, LEAST = 5, 0.0005  # candidates in a table row, and the probability from which one is shown
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class Reading:
    """The result of a picture, or of one line of a stroke file with its label, "" where it has none."""

    file: str
    line: int | None
    written: str
    result: Result

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
    """Run the command line and return its exit status: 0, or 1 after an error that the user can correct."""
    options = _parser().parse_args(arguments)
    try:
        print_readings(options.files, options.model, options.variant, options.top_k, options.json)
    except KakitoriError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_readings(
    files: Iterable[str | Path],
    model: str | Path | None = None,
    variant: str = DEFAULT_VARIANT,
    top_k: int = DEFAULT_TOP_K,
    as_json: bool = False,
) -> None:
    """Recognize stroke files and pictures, and print a table, or one line of JSON for each drawing and picture.

    Raises:
        KakitoriError: if the model or a file cannot be used, or `top_k` is out of range.
    """
    recognizer = Recognizer.load(model, variant)
    readings = (reading for file in files for reading in read_file(recognizer, Path(file), top_k))
    if as_json:
        for reading in readings:
            print(reading.to_json())
    else:
        _print_table(list(readings))


def read_file(recognizer: Recognizer, path: Path, top_k: int) -> Iterator[Reading]:
    """Yield the reading of each line of a stroke file, or of a picture.

    Raises:
        DataError: if the file cannot be used.
    """
    if path.name.removesuffix(".gz").endswith(STROKE_SUFFIXES):
        for drawing in read_stroke_file(path, labelled=False):
            yield Reading(str(path), drawing.line, drawing.char, recognizer.recognize(drawing.strokes, top_k))
    else:
        yield Reading(str(path), None, "", recognizer.recognize_image(path, top_k))


def _print_table(readings: list[Reading]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("file", "line", "written", "candidates", "")
    for reading in readings:
        result = reading.result
        shown = "  ".join(_describe(c) for c in result.candidates[:SHOWN] if c.probability >= LEAST) or "no ink"
        line = "" if reading.line is None else str(reading.line)
        cells = (reading.file, line, reading.written, shown, "unsure" if result.unsure else "")
        table.add_row(*map(Text, cells))
    Console().print(table)


def _describe(candidate: Candidate) -> str:
    return f"{candidate.char} {100 * candidate.probability:.1f} %".replace(" ", NO_BREAK_SPACE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kakitori", description="Recognizes handwritten Japanese characters.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read",
        help="recognize stroke files and pictures",
        description="Recognize stroke files (JSON lines, gzipped or not) and pictures of one character each.",
    )
    read.add_argument("files", nargs="+", metavar="FILE", help="*.jsonl or *.jsonl.gz: strokes; others: a picture")
    read.add_argument("--model", metavar="DIR", default=DEFAULT_MODEL, help="model directory (default: %(default)s)")
    read.add_argument("--variant", default=DEFAULT_VARIANT, help="row of its manifest.json (default: %(default)s)")
    read.add_argument(
        "--top-k", type=int, default=DEFAULT_TOP_K, metavar="N", help="number of candidates (default: %(default)s)"
    )
    read.add_argument("--json", action="store_true", help="print one line of JSON for each drawing and picture")
    return parser
