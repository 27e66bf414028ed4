"""Prepare and verify a data source.

Needs:  nothing for generated ink and scikit-learn's digits, the network once for fonts, for others their files
Run:    invoke data --source ink [--strokes FILE.jsonl.gz]      invoke data --source kmnist --from DIR
Writes: for ink the stroke cache and runs/ink_sheet.png, rows of imitations, beside real writing where a stroke file is
        given; for others datasets/<name>-<size>/
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kakitori.charset import get_charset
from kakitori.errors import DataError, KakitoriError, check_choice
from kakitori.spec import GENERATED, INK_CHARSETS, SIZES, ModelSpec
from kakitori.stroke_files import read_stroke_file
from training.data.contact_sheet import write_sheet
from training.data.etl.prepare import prepare_etl
from training.data.fonts.prepare import prepare_fonts
from training.data.inspection import inspect_prepared
from training.data.prepared import DATASETS, METADATA, open_prepared
from training.data.published.prepare import prepare_published
from training.data.published.sets import PUBLISHED
from training.data.registry import find_prepared
from training.ink.rasteriser import rasterise
from training.ink.source import InkSource

RUNS = Path("runs")
SHEET_ROWS, SHEET_COLUMNS, SHEET_ZOOM = 16, 14, 2
SHEET_SEED = 3


@dataclass(frozen=True)
class Options:
    """What a user may say about a source; each reads what concerns it."""

    size: int = ModelSpec.size
    folder: Path | None = None  # where its files lie
    skip_bad: bool = False  # leave broken images out and list them, instead of stopping at the first
    sheet: Path | None = None  # of ink
    strokes: Path | None = None  # real writing for the sheet of ink
    dataset: str | None = None  # of the files of ETL
    split: str = "writers"  # likewise
    workers: int = 1  # processes that prepare files of ETL, or fonts
    charset: str = INK_CHARSETS[GENERATED]  # of fonts


Report = Callable[[str], None]


def prepare_ink(options: Options, report: Report) -> None:
    """Fill the stroke cache, check that every class can be drawn, and write the contact sheet."""
    charset = get_charset("etl9g")
    source = InkSource(charset)
    images = source.images(np.arange(len(charset)), options.size, [SHEET_SEED])
    empty = [charset.characters[i] for i in np.flatnonzero(images.max(axis=(1, 2)) == 0)]
    report(f"Generated ink: {len(charset):,} classes, {len(source):,} forms, {len(empty)} drawn empty {empty[:10]}.")
    if options.sheet:
        if options.strokes:
            rows, beside = _rows_beside_writing(source, options.size, options.strokes), ", real writing first in each"
        else:
            rows, beside = _rows(source, options.size), ""
        write_sheet(np.concatenate(rows), SHEET_COLUMNS, options.sheet, SHEET_ZOOM)
        report(f"{options.sheet}: {len(rows)} rows of imitations{beside}.")


def published(name: str) -> Callable[[Options, Report], None]:
    """Return what prepares a published set."""
    return lambda options, report: prepare_published(name, options.folder, options.size, options.skip_bad, report)


def prepare_etl_files(options: Options, report: Report) -> None:
    """Prepare the files of ETL."""
    prepare_etl(
        options.folder, options.size, options.workers, options.dataset, options.split, options.skip_bad, report
    )


def prepare_font_glyphs(options: Options, report: Report) -> None:
    """Prepare the glyphs of fonts."""
    prepare_fonts(options.folder, options.size, options.workers, options.charset, report)


SOURCES: dict[str, Callable[[Options, Report], None]] = {
    "ink": prepare_ink,
    "etl": prepare_etl_files,
    "fonts": prepare_font_glyphs,
    **{name: published(name) for name in PUBLISHED},
}


def prepare(source: str, options: Options, report: Report = print) -> None:
    """Prepare a source.

    Raises:
        KakitoriError: for an unknown source or size, listing the known ones, or files that cannot be used.
    """
    check_choice("source", source, SOURCES)
    if options.size not in SIZES:
        raise KakitoriError(f"--size {options.size} is not one of {', '.join(map(str, SIZES))}.")
    SOURCES[source](options, report)


def inspect(name: str | None, size: int, report: Report = print) -> None:
    """Report figures of a prepared set, or of all of an image side, and write pictures of it below runs/.

    Raises:
        DataError: if there is none.
    """
    there = sorted(path.parent for path in DATASETS.glob(f"*-{size}/{METADATA}"))
    for folder in [find_prepared(name, size)] if name else there:
        inspect_prepared(open_prepared(folder), RUNS / folder.name, report)
    if not name and not there:
        raise DataError(f"There is no prepared set of {size} pixels in {DATASETS}: prepare one with `invoke data`.")


def _rows(source: InkSource, size: int) -> list[np.ndarray]:
    labels = np.linspace(0, len(source.charset) - 1, SHEET_ROWS).astype(int)
    return [_imitations(source, label, SHEET_COLUMNS, size) for label in labels]


def _rows_beside_writing(source: InkSource, size: int, stroke_file: Path) -> list[np.ndarray]:
    drawings = [d for d in read_stroke_file(stroke_file) if d.char in source.charset]
    chosen = np.random.default_rng(SHEET_SEED).permutation(len(drawings))[:SHEET_ROWS]
    rows = []
    for drawing in (drawings[i] for i in chosen):
        real = rasterise(drawing.strokes, size, ModelSpec.margin, ModelSpec.radius * size / ModelSpec.size)
        label = source.charset.index(drawing.char)
        rows.append(np.concatenate([np.round(real[None] * 255).astype(np.uint8),
                                    _imitations(source, label, SHEET_COLUMNS - 1, size)]))  # fmt: skip
    return rows


def _imitations(source: InkSource, label: int, count: int, size: int) -> np.ndarray:
    return source.images(np.full(count, label), size, [SHEET_SEED, int(label)])
