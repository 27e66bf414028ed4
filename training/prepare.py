"""Prepare and verify a data source, and show what it looks like.

Needs:  nothing for generated ink
Run:    invoke data --source ink [--strokes FILE.jsonl.gz]
Writes: the stroke cache; runs/ink_sheet.png, rows of imitations, beside real writing where a stroke file is given
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from training.charset import get_charset
from training.contact_sheet import write_sheet
from training.data.ink import InkSource
from training.data.stroke_files import read_stroke_file
from training.errors import check_choice
from training.ink import rasterise
from training.spec import ModelSpec

SHEET_ROWS, SHEET_COLUMNS, SHEET_ZOOM = 16, 14, 2
SHEET_SEED = 3


def prepare_ink(size: int, sheet: Path, stroke_file: Path | None, report: Callable[[str], None]) -> None:
    """Fill the stroke cache, check that every class can be drawn, and write the contact sheet."""
    charset = get_charset("etl9g")
    source = InkSource(charset)
    images = source.images(np.arange(len(charset)), size, [SHEET_SEED])
    empty = [charset.characters[i] for i in np.flatnonzero(images.max(axis=(1, 2)) == 0)]
    report(f"Generated ink: {len(charset):,} classes, {len(source):,} forms, {len(empty)} drawn empty {empty[:10]}.")
    rows = _rows_beside_writing(source, size, stroke_file) if stroke_file else _rows(source, size)
    write_sheet(np.concatenate(rows), SHEET_COLUMNS, sheet, SHEET_ZOOM)
    report(f"{sheet}: {len(rows)} rows of imitations{', real writing first in each' if stroke_file else ''}.")


SOURCES = {"ink": prepare_ink}


def prepare(
    source: str, size: int, sheet: Path, stroke_file: Path | None, report: Callable[[str], None] = print
) -> None:
    """Prepare a source.

    Raises:
        KakitoriError: for an unknown source, listing the known ones.
    """
    SOURCES[check_choice("source", source, SOURCES)](size, sheet, stroke_file, report)


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
