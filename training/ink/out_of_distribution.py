"""Out-of-distribution images, which a model has no class for: scribbles, characters outside its charset, pairs.

They are varied, drawn and photographed as the characters of a charset are, so that only their shapes differ. Characters
that look like a class are left out, since they cannot be distinguished.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from kakitori.charset import Charset, jis_code
from kakitori.homoglyphs import HOMOGLYPHS
from training.ink.amounts import Effects
from training.ink.drawing import draw_batch
from training.ink.kanjivg import Templates, TemplateStroke, drawable, drawable_characters, load_templates, pack
from training.ink.scribbles import SCRIBBLES, Strokes

# Homoglyphs, and characters that are written so alike that a reader needs the text around them. No character of a group
# is out of distribution where another of it is a class.
LOOK_ALIKES = (
    *HOMOGLYPHS,
    "ゕか", "ゖけ", "りリ", "しレL", "んh", "三ミ", "又ヌ", "千チ", "才オ", "工I", "日曰", "己已", "丁T", "乙Z",
    "七t", "ろ3",
)  # fmt: skip
PER_KIND = 200  # images at least; each drawing or character comes equally often
CHARACTERS = 500  # at most of a kind, evenly spaced: JIS X 0208 level 2 has 3,390
FIRST_LEVEL_2_JIS = "5021"
HALVES = 300  # characters of the charset at most, evenly spaced, that pairs are made of
PAIR_STROKES = 4  # at least, of each of the two characters: 一 beside 口 could be a character
SIDE_BY_SIDE, STACKED = 0, 1  # the axis of the second character's shift: x, y
PAIRS = {"two side by side": SIDE_BY_SIDE, "two, one below the other": STACKED}
# The seed of each kind's images: another seed changes the images, and the figures measured on them.
SEEDS = {
    "curve": 0, "tangle": 1, "zigzag": 2, "spiral": 3, "loops": 4, "rings": 5, "hatching": 6, "dots": 7, "digits": 8,
    "Latin letters": 9, "hiragana": 10, "katakana": 11, "kanji, level 2": 12, "two side by side": 13,
    "two, one below the other": 14,
}  # fmt: skip

# Makes the templates of a kind; the number is that of drawings, for kinds whose drawings are random.
Maker = Callable[[np.random.Generator, int], Templates]


def looks_like_class(character: str, charset: Charset) -> bool:
    """Return whether a character is a class of the charset, or is written like one."""
    groups = (group for group in LOOK_ALIKES if character in group)
    return character in charset or any(other in charset for group in groups for other in group)


def kind_of(character: str) -> str | None:
    """Return the kind of a character outside a charset, or None for one that is not drawn."""
    name = unicodedata.name(character, "")
    for start, kind in (("DIGIT", "digits"), ("LATIN", "Latin letters"), ("HIRAGANA LETTER", "hiragana"),
                        ("KATAKANA LETTER", "katakana")):  # fmt: skip
        if name.startswith(start):
            return kind
    return "kanji, level 2" if (jis_code(character) or "") >= FIRST_LEVEL_2_JIS else None


def outside(charset: Charset) -> dict[str, list[str]]:
    """Return the characters that are out of distribution for a charset, by kind, at most CHARACTERS of each.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    kinds: dict[str, list[str]] = {}
    for character in drawable_characters():
        kind = kind_of(character)
        if kind and not looks_like_class(character, charset):
            kinds.setdefault(kind, []).append(character)
    return {kind: spaced(members, CHARACTERS) for kind, members in kinds.items()}


def spaced(characters: list[str], most: int) -> list[str]:
    """Return at most `most` of the characters, evenly spaced."""
    return characters[:: -(-len(characters) // most)]


def outliers(charset: Charset, size: int, stream: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each kind and its images (N, size, size) uint8, 0 paper, 255 ink; the same for the same `stream`.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    for kind, make in outlier_makers(charset).items():
        rng = np.random.default_rng([stream, SEEDS[kind]])
        templates = make(rng, PER_KIND)
        count = len(templates.template_starts) - 1
        yield kind, draw(templates, np.tile(np.arange(count), -(-PER_KIND // count)), size, rng)


def draw(templates: Templates, labels: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return one image of each template in `labels` (N,), (N, size, size) uint8, drawn with all effects."""
    images = np.zeros((len(labels), size, size), np.uint8)
    draw_batch(images, labels, **vars(templates), effects=Effects(), rng=rng)
    return images


def outlier_makers(charset: Charset) -> dict[str, Maker]:
    """Return for each kind a function that makes its templates, one class for each drawing or character.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    scribbles: dict[str, Maker] = {kind: partial(make_scribbles, scribble) for kind, scribble in SCRIBBLES.items()}
    characters = {kind: partial(load_characters, tuple(members)) for kind, members in outside(charset).items()}
    pairs = {kind: partial(make_pairs, charset, axis) for kind, axis in PAIRS.items()}
    return scribbles | characters | pairs


def make_scribbles(
    scribble: Callable[[np.random.Generator], Strokes], rng: np.random.Generator, count: int
) -> Templates:
    """Return the templates of `count` scribbles, in which each stroke is a component."""
    drawings = (enumerate(scribble(rng)) for _ in range(count))
    return pack_drawings([TemplateStroke(points, s, s, 1.0) for s, points in drawing] for drawing in drawings)


def load_characters(members: tuple[str, ...], rng: np.random.Generator, count: int) -> Templates:
    """Return the templates of characters, one class each; `rng` and `count` are not used."""
    return load_templates(Charset("outliers", members))


def make_pairs(charset: Charset, axis: int, rng: np.random.Generator, count: int) -> Templates:
    """Return the templates of `count` pairs of characters: see `draw_pairs`."""
    return pack_drawings(draw_pairs(charset, axis, count, rng))


def draw_pairs(charset: Charset, axis: int, count: int, rng: np.random.Generator) -> Iterator[list[TemplateStroke]]:
    """Yield `count` drawings of two random characters of the charset, in their main forms, one after the other.

    `axis` is 0 for side by side, 1 for one below the other.
    """
    known = sorted(drawable(charset))
    templates = load_templates(Charset("halves", tuple(spaced(known, HALVES))))
    forms = templates.template_starts[:-1]
    counts = np.diff(templates.stroke_starts)[forms]
    for first, second in forms[rng.choice(np.flatnonzero(counts >= PAIR_STROKES), (count, 2))]:
        yield [*half(templates, first, 0, np.zeros(2)), *half(templates, second, 1, np.eye(2)[axis])]


def half(templates: Templates, form: int, component: int, shift: np.ndarray) -> list[TemplateStroke]:
    """Return the strokes of a form as one component, shifted by `shift` (2,) in KanjiVG's boxes."""
    return [
        TemplateStroke(templates.strokes[s].astype(np.float64) + shift, component, component, float(templates.hooks[s]))
        for s in range(templates.stroke_starts[form], templates.stroke_starts[form + 1])
    ]


def pack_drawings(drawings: Iterable[Sequence[TemplateStroke]]) -> Templates:
    """Return drawings as templates, one class each."""
    drawings = list(drawings)
    starts = np.cumsum([0, *map(len, drawings)]).tolist()
    return pack([stroke for drawing in drawings for stroke in drawing], starts, list(range(len(starts))))
