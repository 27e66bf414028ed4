"""Font faces: the list of faces, the characters of each, and their glyphs."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from kakitori.errors import DataError
from training.data.fonts.packages import package_folder
from training.data.fonts.table import FONT_PACKAGES, LICENCE, SUBSETS, FontPackage

SUFFIXES = (".otf", ".ttf", ".woff", ".woff2")
OVERSIZE = 2  # type size, in sides of the image that a glyph is fitted to
ROOM = 1.5  # side of the canvas, in type sizes: brush strokes and accents extend beyond their box
OWN_STYLE = "own"
COPYRIGHT, TERMS = 0, 13  # name identifiers in a font's name table


@dataclass(frozen=True)
class Face:
    """One design in one weight; a writer of a data set."""

    name: str
    family: str
    paths: tuple[Path, ...]  # a character is drawn from the first file that has it
    style: str
    split: str | None  # None for a user's own fonts
    holder: str
    licence: str

    @cached_property
    def coverage(self) -> dict[str, int]:
        """Return the index in `paths` of the file with each character of the face.

        Raises:
            DataError: if a file is no font.
        """
        found: dict[str, int] = {}
        for n, path in reversed(list(enumerate(self.paths))):
            with opened_font(path) as font:
                found |= {chr(code): n for code in font.getBestCmap() or {}}
        return found

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the concatenated files, in hexadecimal."""
        return hashlib.sha256(b"".join(path.read_bytes() for path in self.paths)).hexdigest()


@contextmanager
def opened_font(path: Path) -> Iterator[TTFont]:
    """Yield an opened font file.

    Raises:
        DataError: if the file cannot be read, or the body of the `with` statement finds it damaged.
    """
    try:
        with TTFont(io.BytesIO(path.read_bytes()), lazy=True) as font:
            yield font
    except Exception as problem:  # fontTools raises many kinds of exceptions for damaged files
        raise DataError(f"{path} is not a readable font ({problem!r}): take it out of the folder.") from problem


def package_faces(packages: Sequence[FontPackage] = FONT_PACKAGES) -> list[Face]:
    """Return the faces of fetched packages, in the order of the table."""
    return [
        Face(
            f"{package.family} {weight}", package.family,
            tuple(package_folder(package) / package.file(subset, weight) for subset in SUBSETS),
            package.style, package.split, package.holder, LICENCE,
        )
        for package in packages for weight in package.weights
    ]  # fmt: skip


def own_faces(folder: Path) -> list[Face]:
    """Return a face for each font file at any depth of a user's folder, in path order.

    Raises:
        DataError: if there is none, or a file is not a readable font.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise DataError(f"{folder} holds no font ({', '.join(SUFFIXES)}): name another folder with --from.")
    return [own_face(path, path.relative_to(folder).as_posix()) for path in paths]


def own_face(path: Path, name: str) -> Face:
    """Return the face of a user's font file, with family, copyright and licence from the file's name table."""
    with opened_font(path) as font:
        notes = font["name"]
        family = notes.getBestFamilyName() or path.stem
        holder, terms = (notes.getDebugName(number) or "not stated" for number in (COPYRIGHT, TERMS))
    return Face(name, family, (path,), OWN_STYLE, None, holder, terms)


def draw_glyphs(face: Face, characters: Sequence[str], size: int) -> np.ndarray:
    """Return the glyphs of characters that the face has, (N, H, H) uint8, 255 is ink; H is OVERSIZE · ROOM · size.

    Raises:
        DataError: if FreeType cannot read a file of the face, or a glyph in it.
    """
    type_size = OVERSIZE * size
    side = round(ROOM * type_size)
    glyphs = np.zeros((len(characters), side, side), np.uint8)
    try:
        fonts = [ImageFont.truetype(path, type_size, layout_engine=ImageFont.Layout.BASIC) for path in face.paths]
        for glyph, character in zip(glyphs, characters, strict=True):
            canvas = Image.new("L", (side, side))
            font = fonts[face.coverage[character]]
            ImageDraw.Draw(canvas).text((side / 2, side / 2), character, fill=255, font=font, anchor="mm")
            glyph[:] = np.asarray(canvas)
    except OSError as problem:
        paths = ", ".join(map(str, face.paths))
        raise DataError(f"{paths} cannot be drawn ({problem}): a file is damaged.") from problem
    return glyphs
