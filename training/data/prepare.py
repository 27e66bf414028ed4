"""Prepare and verify a data source.

Needs:  nothing for generated ink and scikit-learn's digits; the network once for fonts; for other sets their files
Run:    invoke data --source ink [--strokes FILE.jsonl.gz]      invoke data --source kmnist --from DIR
Writes: for ink the stroke cache and a contact sheet of generated images, beside handwriting where a stroke file is
        given; for other sources datasets/<name>-<size>/
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import get_charset
from kakitori.errors import DataError, KakitoriError, check_choice
from kakitori.schemas.config import SIZES
from kakitori.schemas.prepared import METADATA_FILE
from kakitori.spec import ModelSpec
from kakitori.stroke_files import read_stroke_file
from training.data.etl.prepare import prepare_etl
from training.data.fonts.prepare import prepare_fonts
from training.data.inspection import inspect_prepared, write_sheet
from training.data.options import FLAGS, Options, read_flags
from training.data.prepared import DATASETS, open_prepared
from training.data.published.prepare import prepare_published
from training.data.published.sets import PUBLISHED
from training.data.registry import find_prepared
from training.ink.rasteriser import rasterise
from training.ink.source import InkSource

RUNS = Path("runs")
SHEET_ROWS, SHEET_COLUMNS, SHEET_ZOOM = 16, 14, 2  # classes, images of each, magnification
SHEET_SEED = 3

Report = Callable[[str], None]


def prepare_ink(options: Options, report: Report) -> None:
    """Fill the stroke cache, check that every class can be drawn, and write the contact sheet."""
    charset = get_charset(options.charset)
    source = InkSource(charset)
    images = source.images(np.arange(len(charset)), options.size, [SHEET_SEED])
    empty = [charset.characters[i] for i in np.flatnonzero(images.max(axis=(1, 2)) == 0)]
    report(f"Generated ink: {len(charset):,} classes, {len(source):,} forms, {len(empty)} drawn empty {empty[:10]}.")
    if options.sheet:
        if options.strokes:
            rows = _rows_beside_handwriting(source, options.size, options.strokes)
        else:
            rows = _rows(source, options.size)
        write_sheet(np.concatenate(rows), SHEET_COLUMNS, options.sheet, SHEET_ZOOM)
        beside = ", handwriting first in each" if options.strokes else ""
        report(f"{options.sheet}: {len(rows)} rows of generated images{beside}.")


def prepare_set(name: str, options: Options, report: Report) -> None:
    """Prepare a published set or a folder of pictures."""
    prepare_published(name, options.folder, options.size, options.skip_bad, report)


def prepare_etl_files(options: Options, report: Report) -> None:
    """Prepare the files of the ETL Character Database."""
    prepare_etl(options.folder, options.size, options.workers, options.dataset, options.split, options.skip_bad, report)


def prepare_font_glyphs(options: Options, report: Report) -> None:
    """Prepare the glyphs of fonts."""
    prepare_fonts(options.folder, options.size, options.workers, options.charset, report)


SOURCES: dict[str, Callable[[Options, Report], None]] = {
    "ink": prepare_ink,
    "etl": prepare_etl_files,
    "fonts": prepare_font_glyphs,
    **{name: partial(prepare_set, name) for name in PUBLISHED},
}


def run_flags(given: Mapping[str, Any], report: Report = print) -> None:
    """Prepare a source, or inspect a prepared set, as the flags of `invoke data` say.

    Args:
        given: values by flag name; None and False stand for flags that are not given.

    Raises:
        KakitoriError: as `read_flags`, `prepare` and `inspect`.
    """
    check_choice("source", given.get("source") or FLAGS["source"].default, SOURCES)
    source, options = read_flags(given)
    if inspected := given.get("inspect"):
        inspect(None if inspected is True else inspected, options.size, report)
    else:
        prepare(source, options, report)


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
    """Report figures of a prepared set, or of all sets of an image side, and write pictures of it below runs/.

    Raises:
        DataError: if there is none.
    """
    existing = sorted(path.parent for path in DATASETS.glob(f"*-{size}/{METADATA_FILE}"))
    for folder in [find_prepared(name, size)] if name else existing:
        inspect_prepared(open_prepared(folder), RUNS / folder.name, report)
    if not name and not existing:
        raise DataError(f"There is no prepared set of {size} pixels in {DATASETS}: prepare one with `invoke data`.")


def _rows(source: InkSource, size: int) -> list[np.ndarray]:
    labels = np.linspace(0, len(source.charset) - 1, SHEET_ROWS).astype(int)
    return [_generated(source, label, SHEET_COLUMNS, size) for label in labels]


def _rows_beside_handwriting(source: InkSource, size: int, stroke_file: Path) -> list[np.ndarray]:
    drawings = [d for d in read_stroke_file(stroke_file) if d.char in source.charset]
    chosen = np.random.default_rng(SHEET_SEED).permutation(len(drawings))[:SHEET_ROWS]
    rows = []
    for drawing in (drawings[i] for i in chosen):
        real = rasterise(drawing.strokes, size, ModelSpec.margin, ModelSpec.radius * size / ModelSpec.size)
        label = source.charset.index(drawing.char)
        rows.append(np.concatenate([np.round(real[None] * 255).astype(np.uint8),
                                    _generated(source, label, SHEET_COLUMNS - 1, size)]))  # fmt: skip
    return rows


def _generated(source: InkSource, label: int, count: int, size: int) -> np.ndarray:
    return source.images(np.full(count, label), size, [SHEET_SEED, int(label)])
