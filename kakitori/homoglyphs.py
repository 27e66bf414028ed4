"""Homoglyphs: characters of one shape. They differ in size and place on the pad, which fitting to the image removes.

A charset that merges them (`wide`) has one class for each shape, named after its first character.
Mirrored by web/static/kakitori/shared/homoglyphs.js; equality is tested. Standard library only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

FULL_WIDTH = 0xFEE0  # from an ASCII character to the same one in full width, U+FF01 to U+FF5E
# The first of a shape names its class, and is the first candidate where size and place decide nothing.
HOMOGLYPHS = (
    "あぁ", "いぃ", "うぅ", "えぇ", "おぉ", "つっ", "やゃ", "ゆゅ", "よょ", "わゎ",
    "アァ", "イィ", "ウゥ", "工エェ", "オォ", "ツッ", "ヤャ", "ユュ", "ヨョ", "ワヮ", "力カヵ", "ケヶ",
    "へヘ", "べベ", "ぺペ", "ム厶", "ノ丿/", "一ー-", "二ニ=", "八ハ", "十+", "卜ト", "口ロ囗", "夕タ", "匚匸",
    "、・.,ヽ丶", "0Oo〇。", "1lI|", "Cc", "Ss", "Vv", "Ww", "Xx×乂", "Zz",
)  # fmt: skip


class InkPlace(NamedTuple):
    """Size and place of ink on a pad, as shares of the pad's sides.

    `size` is the longer side of the ink's bounding box, `middle` the height of its centre, 0 at the top of the pad.
    """

    size: float
    middle: float


@dataclass(frozen=True)
class Place:
    """Size and place on a pad at which a character is written: ranges of `InkPlace`'s values, both ends included."""

    size: tuple[float, float] = (0, 1)
    middle: tuple[float, float] = (0, 1)

    def holds(self, ink: InkPlace) -> bool:
        """Return whether ink lies within both ranges."""
        return self.size[0] <= ink.size <= self.size[1] and self.middle[0] <= ink.middle <= self.middle[1]


# In horizontal writing small characters stand on the base line; writers fill more than half of the pad with large ones.
_SMALL = Place(size=(0, 0.5), middle=(0.45, 1))
PLACES = {
    **dict.fromkeys("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶcsvwxz", _SMALL),
    "o": Place(size=(0.3, 0.5), middle=(0.45, 1)),
    "。": Place(size=(0, 0.3), middle=(0.45, 1)),
    "・": Place(size=(0, 0.3), middle=(0.35, 0.65)),
    "ヽ": Place(size=(0.5, 1)),
    "丶": Place(size=(0.5, 1)),
    "-": Place(size=(0, 0.5)),
    "×": Place(size=(0, 0.5)),
    "+": Place(size=(0, 0.5)),
    "=": Place(size=(0, 0.5)),
}


def ink_place(strokes: Iterable[Iterable[Iterable[float]]], width: float, height: float) -> InkPlace:
    """Return the size and place of strokes [[[x, y], …], …], at least one point, on a pad of this width and height."""
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    return InkPlace(max((max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height), (min(ys) + max(ys)) / 2 / height)


def order_homoglyphs(homoglyphs: Sequence[str], places: Mapping[str, Place], ink: InkPlace | None) -> list[str]:
    """Return the characters of one shape: first those whose place holds the ink, then the others, each in their order.

    Args:
        homoglyphs: the characters of a class.
        places: by character; those without one never come first.
        ink: None where the pad's size is not known: the order stays.
    """
    if ink is None:
        return list(homoglyphs)
    return sorted(homoglyphs, key=lambda character: not (character in places and places[character].holds(ink)))


def full_width(character: str) -> str:
    """Return the full-width form of an ASCII character, and any other text unchanged."""
    return (other_width(character) if character.isascii() else None) or character


def other_width(character: str) -> str | None:
    """Return the full-width form of an ASCII character, or the ASCII character of a full-width one; None for others."""
    if len(character) != 1:
        return None
    code = ord(character)
    if 0x21 <= code <= 0x7E:
        return "−" if character == "-" else chr(code + FULL_WIDTH)  # JIS X 0208 has a minus sign, no full-width hyphen
    if character == "−":
        return "-"
    return chr(code - FULL_WIDTH) if 0x21 <= code - FULL_WIDTH <= 0x7E else None
