"""Stroke templates of every character, from the KanjiVG files of the `kanjivg` package (CC BY-SA 3.0).

A character has one template for its main file, one for each variant file (`-Kaisho`, the regular script, `-Jinmei`, old
forms, other stroke orders), and one for each form of `training.ink.own_forms`. A class of homoglyphs has the templates
of all its characters.
"""

import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from svg.path import parse_path

from kakitori.charset import Charset, digest_of
from kakitori.errors import DataError
from kakitori.files import replacing
from kakitori.folders import cache_folder
from kakitori.homoglyphs import other_width
from training.ink.near_duplicates import NEAR_DUPLICATES, NO_FORM, find_near_duplicates, find_needed
from training.ink.own_forms import OUTLINED, OWN_FORMS, Form
from training.progress.display import track

BOX = 109  # units of KanjiVG's box along each side
POINTS_PER_STROKE = 20  # fewer round off small hooks: docs/measurements.md#points-per-stroke
SAMPLES_PER_SEGMENT = 12  # of a Bézier curve, before the points are spread evenly
FORMAT = 7  # of the cached arrays: raise it when their meaning changes
DIGEST_DIGITS = 16  # of the charset's digest, in the name of a cache file
NAMESPACE = "{http://www.w3.org/2000/svg}"
# The files' DTD fixes this namespace for every element; the root's xmlns:kvg, with https and a slash, has no effect.
TYPE = "{http://kanjivg.tagaini.net}type"
# CJK stroke types (U+31C0 ff.) that end in a hook, as KanjiVG writes them in kvg:type.
HOOKED = "㇁㇂㇃㇆㇈㇉㇖㇙㇚㇟㇌"
HOOK_TAIL = 0.22  # a hook starts within this last share of its stroke's length: a larger one would cut the curve of 乙
HOOK_TURN = np.deg2rad(50)  # radians, the least turn at a hook's start
HOOK_POINTS = 101  # of a stroke, when its hook is searched
HOOK_WINDOW = 4  # steps before and after a point, between which its turn is measured
VOICING_STROKES = {"\u3099": 2, "\u309a": 1}  # of the combining marks ゛ and ゜
MARK_LOOSENESS = 4.0  # voicing marks are written inside the kana, beside it and above it


@dataclass(frozen=True)
class TemplateStroke:
    """One stroke of a template; the fields are those of `Templates`."""

    points: np.ndarray  # (P, 2)
    component: int
    part: int
    hook: float
    looseness: float = 1.0


@dataclass(frozen=True)
class Templates:
    """The strokes of a charset's templates, packed: K classes, T templates, S strokes, P points a stroke."""

    strokes: np.ndarray  # (S, P, 2) float32, KanjiVG's box scaled to 0..1, y down
    components: np.ndarray  # (S,) int32, the one of its template's largest parts that a stroke belongs to
    parts: np.ndarray  # (S,) int32, the one of its smallest parts
    looseness: np.ndarray  # (S,) float32, a factor of the shift of its component, 1 for most
    hooks: np.ndarray  # (S,) float32, the share of the length after which its hook starts, 1 for none
    stroke_starts: np.ndarray  # (T+1,) int64, the first stroke of each template, and S
    template_starts: np.ndarray  # (K+1,) int64, the first template of each class, and T
    near_duplicates: np.ndarray  # (T, NEAR_DUPLICATES) int32, templates of other classes, NO_FORM after the last
    needed: np.ndarray  # (S,) bool, the strokes without which a template is a near-duplicate of another class


def load_templates(charset: Charset) -> Templates:
    """Return the templates of a charset, read from the cache (`cache_folder()`) or parsed and written there.

    Raises:
        DataError: if KanjiVG is not installed or has no strokes for a character.
    """
    classes = digest_of(["".join(charset.homoglyphs(index)) for index in range(len(charset))])
    name = f"kanjivg-{_package().version}-{classes.removeprefix('sha256:')[:DIGEST_DIGITS]}-v{FORMAT}.npz"
    path = cache_folder() / name
    if not path.exists():
        with replacing(path) as temporary:
            np.savez(temporary, **vars(with_near_duplicates(_parse_charset(charset, _package_folder()))))
    with np.load(path, allow_pickle=False) as arrays:
        return Templates(**arrays)


def drawable(charset: Charset) -> set[str]:
    """Return the characters of a charset that have strokes in KanjiVG or in `training.ink.own_forms`.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    files = _files_by_character(_package_folder())
    return {c for c in charset.characters if len(c) == 1 and any(_sources(c, files))}


def drawable_characters() -> list[str]:
    """Return all characters that have strokes, by code point, each in the width that its strokes are stored for.

    Raises:
        DataError: if KanjiVG is not installed.
    """
    return sorted({*_files_by_character(_package_folder()), *OWN_FORMS} - set(OUTLINED))


def _package() -> Distribution:
    try:
        return distribution("kanjivg")
    except PackageNotFoundError:
        raise DataError('Generated ink needs the kanjivg package: python -m pip install -e ".[train]"') from None


def _package_folder() -> Path:
    return Path(str(_package().locate_file("kanji")))


@cache
def _files_by_character(folder: Path) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.svg"), key=lambda path: path.name):
        files.setdefault(chr(int(path.stem.split("-")[0], 16)), []).append(path)
    return files


def _sources(character: str, files: dict[str, list[Path]]) -> tuple[list[Path], tuple[Form, ...]]:
    """Return KanjiVG's files and our own forms of a character in this width, or else in the other."""
    widths = (character, other_width(character))
    paths = next((files[width] for width in widths if width in files and width not in OUTLINED), [])
    return paths, next((OWN_FORMS[width] for width in widths if width in OWN_FORMS), ())


def _parse_charset(charset: Charset, folder: Path) -> Templates:
    files = _files_by_character(folder)
    strokes, stroke_starts, template_starts = [], [0], [0]
    for index in track(range(len(charset)), "Reading KanjiVG", unit="classes"):
        for character in charset.homoglyphs(index):
            paths, own = _sources(character, files)
            if not paths and not own:
                raise DataError(f"KanjiVG has no strokes for {character!r}: leave it out of the charset.")
            drawn = [loosen_marks(parse_strokes(path), character) for path in paths]
            for form in [*drawn, *map(parse_own_form, own)]:
                strokes += form
                stroke_starts.append(len(strokes))
        template_starts.append(len(stroke_starts) - 1)
    return pack(strokes, stroke_starts, template_starts)


def pack(strokes: list[TemplateStroke], stroke_starts: list[int], template_starts: list[int]) -> Templates:
    """Return strokes of equally many points as templates, with no near-duplicates and no needed strokes."""
    return Templates(
        np.stack([stroke.points for stroke in strokes]).astype(np.float32),
        np.array([stroke.component for stroke in strokes], np.int32),
        np.array([stroke.part for stroke in strokes], np.int32),
        np.array([stroke.looseness for stroke in strokes], np.float32),
        np.array([stroke.hook for stroke in strokes], np.float32),
        np.array(stroke_starts, np.int64),
        np.array(template_starts, np.int64),
        np.full((len(stroke_starts) - 1, NEAR_DUPLICATES), NO_FORM, np.int32),
        np.zeros(len(strokes), bool),
    )


def with_near_duplicates(templates: Templates) -> Templates:
    """Return the templates with their near-duplicates and needed strokes."""
    classes = np.repeat(np.arange(len(templates.template_starts) - 1), np.diff(templates.template_starts))
    forms = templates.strokes, templates.stroke_starts, classes
    return replace(templates, near_duplicates=find_near_duplicates(*forms), needed=find_needed(*forms))


def parse_strokes(path: Path) -> list[TemplateStroke]:
    """Return the strokes of a KanjiVG file, in writing order."""
    root = next(ElementTree.parse(path).getroot().iter(f"{NAMESPACE}g"))
    while len(root) == 1 and root[0].tag.endswith("}g"):
        root = root[0]
    innermost = {path: group for group in root.iter(f"{NAMESPACE}g") for path in group}
    groups = {group: number for number, group in enumerate(dict.fromkeys(innermost.values()))}
    return [
        _sample_stroke(element.get("d", ""), component, groups[innermost[element]], is_hooked(element))
        for component, part in enumerate(root)
        for element in part.iter(f"{NAMESPACE}path")
    ]


def loosen_marks(strokes: list[TemplateStroke], character: str) -> list[TemplateStroke]:
    """Return the strokes, those of a voicing mark (the last ones) as one component with MARK_LOOSENESS."""
    count = VOICING_STROKES.get(unicodedata.normalize("NFD", character)[-1], 0)
    if not count:
        return strokes
    last = strokes[-1]
    mark = [replace(s, component=last.component, part=last.part, looseness=MARK_LOOSENESS) for s in strokes[-count:]]
    return [*strokes[:-count], *mark]


def parse_own_form(form: Form) -> list[TemplateStroke]:
    """Return the strokes of a form of `training.ink.own_forms`: each is a component, all are one smallest part."""
    return [_sample_stroke(path, component, 0, False) for component, path in enumerate(form)]


def is_hooked(element: ElementTree.Element) -> bool:
    """Return whether a stroke's CJK stroke type ends in a hook."""
    return any(sign in HOOKED for sign in element.get(TYPE, ""))


def _sample_stroke(path: str, component: int, part: int, has_hook: bool) -> TemplateStroke:
    steps = np.linspace(0, 1, SAMPLES_PER_SEGMENT)
    curve = np.array([segment.point(t) for segment in parse_path(path)[1:] for t in steps])
    length = np.concatenate([[0], np.cumsum(np.abs(np.diff(curve)))])
    hook = find_hook(_spread(curve, length, HOOK_POINTS)) if has_hook else 1.0
    return TemplateStroke(_spread(curve, length, POINTS_PER_STROKE) / BOX, component, part, hook)


def _spread(curve: np.ndarray, length: np.ndarray, count: int) -> np.ndarray:
    """Return `count` points (count, 2) spaced evenly along a curve of complex points, whose lengths are `length`."""
    even = np.linspace(0, length[-1], count)
    return np.stack([np.interp(even, length, curve.real), np.interp(even, length, curve.imag)], axis=1)


def find_hook(points: np.ndarray) -> float:
    """Return the share of a stroke's evenly spaced points (P, 2) at which its last sharp turn lies, 1 without one."""
    before = points[HOOK_WINDOW:-HOOK_WINDOW] - points[: -2 * HOOK_WINDOW]
    after = points[2 * HOOK_WINDOW :] - points[HOOK_WINDOW:-HOOK_WINDOW]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turns = np.abs(np.arctan2(cross, (before * after).sum(axis=1)))  # (P - 2·window,)
    first = int(len(turns) * (1 - HOOK_TAIL))
    sharpest = first + int(np.argmax(turns[first:]))
    return float((sharpest + HOOK_WINDOW) / (len(points) - 1)) if turns[sharpest] > HOOK_TURN else 1.0
