"""The web font, reduced to the characters that the page can show: a style sheet of unicode-range slices. Pure.

Candidates must be readable on a system without a Japanese font. The font package has about 120 slices by frequency; a
browser fetches those whose range contains a character on the page. Slices and ranges without a character that the page
can show are left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from web.errors import SiteError

FACE_PATTERN = re.compile(r"@font-face\s*{([^}]*)}")
FILE_PATTERN = re.compile(r"url\(\./files/([\w.-]+\.woff2)\)")
RANGE_PATTERN = re.compile(r"unicode-range:\s*([^;]+);")


@dataclass(frozen=True)
class Face:
    """One slice of the font: its woff2 file, and its code points in ascending order."""

    file: str
    code_points: tuple[int, ...]

    @property
    def unicode_range(self) -> str:
        """The code points as a CSS `unicode-range`, with runs as ranges: "U+3042,U+4e00-4e03"."""
        runs: list[list[int]] = []
        for point in self.code_points:
            if runs and point == runs[-1][1] + 1:
                runs[-1][1] = point
            else:
                runs.append([point, point])
        return ",".join(f"U+{first:x}" if first == last else f"U+{first:x}-{last:x}" for first, last in runs)


def parse_range(text: str) -> set[int]:
    """Return the code points of a CSS `unicode-range` without wildcards."""
    points: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def select_faces(css: str, characters: Iterable[str], others: Iterable[str] = ()) -> list[Face]:
    """Return the slices of a fontsource style sheet that contain one of the characters, each reduced to those.

    Args:
        css: the style sheet.
        characters: of the page's own text; each must have a glyph.
        others: the classes; one without a glyph is shown in a font of the reader's system.

    Raises:
        SiteError: if one of `characters` is in no slice, or a slice has no file or range.
    """
    required = {ord(character) for character in characters}
    wanted = required | {ord(character) for character in others}
    faces = []
    for block in FACE_PATTERN.findall(css):
        ranges, file = RANGE_PATTERN.search(block), FILE_PATTERN.search(block)
        if ranges is None or file is None:
            raise SiteError(
                f"A @font-face of the font package has no woff2 file or no unicode-range ({block[:80]!r}): "
                "install the version that web/package-lock.json pins."
            )
        points = parse_range(ranges[1]) & wanted
        if points:
            faces.append(Face(file[1], tuple(sorted(points))))
    missing = required.difference(*(face.code_points for face in faces))
    if missing:
        listed = "".join(map(chr, sorted(missing)[:20]))
        raise SiteError(
            f"The font has no glyph for {len(missing)} characters that the page must show ({listed}): "
            "choose another font in web/package.json."
        )
    return faces


def japanese(text: str) -> set[str]:
    """Return the characters of a text that need a Japanese font: CJK symbols, kana, kanji."""
    return {character for character in text if "\u3001" <= character <= "\u9fff"}
