"""Sheets of misclassified samples: the network's input, the reference form of its class and of the predicted ones.

The reference forms are KanjiVG's, which training images are drawn from, so no Japanese font is needed. A class without
a form is shown by its code point or name.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kakitori.charset import Charset
from kakitori.files import replacing, write_text
from training.evaluation.accuracy import BEST, Answer
from training.ink.kanjivg import drawable, load_templates
from training.ink.rasteriser import rasterise

TILE, GAP, CAPTION = 128, 4, 34  # pixels: side of a picture, gap between two, height of the caption
# Width and height in pixels of one sample's strip: input, form of its class, forms of the answers.
STRIP = ((2 + BEST) * (TILE + GAP) + 4 * GAP, CAPTION + TILE + 2 * GAP)
COLUMNS = 2  # samples side by side
MOST = 200  # samples on a sheet; larger pictures do not open in common viewers
PAPER, TEXT, GROUND = 255, 0, 205  # grey levels
FORM_MARGIN, FORM_RADIUS = 0.08, 1.5  # of the reference forms: share of the side; pixels

Forms = dict[int, np.ndarray]  # class index to strokes (S, P, 2), of the classes in KanjiVG


def worst_first(misread: Sequence[Answer]) -> list[Answer]:
    """Return the answers by decreasing probability of the wrong class: likely label errors come first."""
    return sorted(misread, key=lambda answer: -answer.probabilities[0])


def write_errors(misread: Sequence[Answer], charset: Charset, path: Path) -> None:
    """Write the first MOST misclassified samples to `path`, a PNG, and all of them to a CSV file beside it.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    ordered = worst_first(misread)
    sheet = draw_sheet(ordered[:MOST], charset, load_forms(charset))
    with replacing(path) as temporary:
        sheet.save(temporary, format="PNG")
    write_text(path.with_suffix(".csv"), errors_csv(ordered, charset))


def load_forms(charset: Charset) -> Forms:
    """Return the main form of every class in KanjiVG."""
    known = drawable(charset)
    drawn = [index for index, char in enumerate(charset.characters) if char in known]
    if not drawn:
        return {}
    whole = len(drawn) == len(charset)
    part = charset if whole else Charset(charset.name, tuple(charset.characters[index] for index in drawn))
    templates = load_templates(part)
    firsts = templates.template_starts[:-1]
    spans = zip(drawn, templates.stroke_starts[firsts], templates.stroke_starts[firsts + 1], strict=True)
    return {index: templates.strokes[first:last] for index, first, last in spans}


def errors_csv(misread: Sequence[Answer], charset: Charset) -> str:
    """Return CSV text with one line per sample, in the given order: source, writer, class, answers, probabilities."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ranks = range(1, BEST + 1)
    writer.writerow(["number", "source", "writer", "char", *(f"{what}{k}" for k in ranks for what in ("answer", "p"))])
    for number, answer in enumerate(misread, 1):
        found = zip(answer.best, answer.probabilities, strict=True)
        cells = [cell for index, p in found for cell in (charset.characters[index], f"{p:.3f}")]
        writer.writerow([number, answer.sample.source, answer.sample.writer, answer.sample.char, *cells])
    return text.getvalue()


def draw_sheet(misread: Sequence[Answer], charset: Charset, forms: Forms) -> Image.Image:
    """Return the samples' strips as one grey picture of COLUMNS columns."""
    rows = max(1, -(-len(misread) // COLUMNS))
    sheet = Image.new("L", (COLUMNS * STRIP[0], rows * STRIP[1]), GROUND)
    for n, answer in enumerate(misread):
        strip = draw_strip(answer, n + 1, charset, forms)
        sheet.paste(strip, (n % COLUMNS * STRIP[0], n // COLUMNS * STRIP[1]))
    return sheet


def draw_strip(answer: Answer, number: int, charset: Charset, forms: Forms) -> Image.Image:
    """Return a sample's input, its class's form and those of the answers, each below a caption."""
    strip = Image.new("L", STRIP, GROUND)
    sample = answer.sample
    seen = Image.fromarray(to_levels(sample.coverage)).resize((TILE, TILE), Image.Resampling.NEAREST)
    tiles = [(seen, f"{number}: {sample.source}\n{sample.writer}")]
    tiles.append((draw_form(answer.label, charset, forms), f"is {code_points(sample.char)}"))
    for k, (index, p) in enumerate(zip(answer.best, answer.probabilities, strict=True), 1):
        caption = f"{k}: {code_points(charset.characters[index])}\n{100 * p:.1f} %"
        tiles.append((draw_form(int(index), charset, forms), caption))
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(12)
    for n, (tile, caption) in enumerate(tiles):
        left = GAP + n * (TILE + GAP)
        pen.multiline_text((left, GAP), caption, fill=TEXT, font=font, spacing=2)
        strip.paste(tile, (left, CAPTION))
    return strip


def draw_form(index: int, charset: Charset, forms: Forms) -> Image.Image:
    """Return the reference form of a class, (TILE, TILE); its code point or name as text if it has none."""
    if index in forms:
        return Image.fromarray(to_levels(rasterise(forms[index], TILE, FORM_MARGIN, FORM_RADIUS)))
    tile = Image.new("L", (TILE, TILE), PAPER)
    name = code_points(charset.characters[index])
    ImageDraw.Draw(tile).text((2 * GAP, TILE // 2), name, fill=TEXT, font=ImageFont.load_default(14))
    return tile


def to_levels(coverage: np.ndarray) -> np.ndarray:
    """Return coverage (H, W) in [0, 1] as grey levels (H, W) uint8, dark on light."""
    return (255 - np.rint(255 * coverage)).astype(np.uint8)


def code_points(char: str) -> str:
    """Return a character's code point as "U+7530"; a name of several letters unchanged."""
    return f"U+{ord(char):04X}" if len(char) == 1 else char
