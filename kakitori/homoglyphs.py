"""Characters of one shape: the same once ink fills the square. What tells them apart is size and place on the pad.

A charset that merges them (`wide`) has one class for each shape, named after its first character.
Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FULL_WIDTH = 0xFEE0  # from an ASCII character to the same one in full width, U+FF01 to U+FF5E
# The first names the class, and comes first where size and place decide nothing.
HOMOGLYPHS = (
    "あぁ", "いぃ", "うぅ", "えぇ", "おぉ", "つっ", "やゃ", "ゆゅ", "よょ", "わゎ",
    "アァ", "イィ", "ウゥ", "工エェ", "オォ", "ツッ", "ヤャ", "ユュ", "ヨョ", "ワヮ", "力カヵ", "ケヶ",
    "へヘ", "べベ", "ぺペ", "ム厶", "ノ丿/", "一ー-", "二ニ=", "八ハ", "十+", "卜ト", "口ロ囗", "夕タ", "匚匸",
    "、・.,ヽ丶", "0Oo〇。", "1lI|", "Cc", "Ss", "Vv", "Ww", "Xx×乂", "Zz",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where on a pad a character is written: ranges, both ends included, of shares of the pad's sides.

    `size` is the ink's box's longer side, `middle` the height of the box's centre, 0 at the top of the pad.
    """

    size: tuple[float, float] = (0, 1)
    middle: tuple[float, float] = (0, 1)

    def holds(self, size: float, middle: float) -> bool:
        """Tell whether ink of this size and height lies within."""
        return self.size[0] <= size <= self.size[1] and self.middle[0] <= middle <= self.middle[1]


# Written across, small characters stand on the line; a hand that means a large one fills more than half of the pad.
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


def ink_place(strokes: Sequence[Sequence[Sequence[float]]], width: float, height: float) -> tuple[float, float]:
    """Return the size and middle (see `Place`) of the box of strokes [[[x, y], …], …] on a pad of these sides."""
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    return max((max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height), (min(ys) + max(ys)) / 2 / height


def order_homoglyphs(homoglyphs: Sequence[str], size: float, middle: float) -> list[str]:
    """Return the characters of one shape, those first whose place the ink lies in; otherwise in their order.

    Mirrored by web/static/kakitori/shared/homoglyphs.js; equality is tested.

    Args:
        homoglyphs: the characters of a class.
        size: see `ink_place`.
        middle: see `ink_place`.
    """
    return sorted(homoglyphs, key=lambda character: not (character in PLACES and PLACES[character].holds(size, middle)))


def full_width(character: str) -> str:
    """Return the full-width form of an ASCII character that has one, or else what it was given."""
    return (other_width(character) if len(character) == 1 and character.isascii() else None) or character


def other_width(character: str) -> str | None:
    """Return the full-width form of an ASCII character, or the ASCII character of a full-width one; None for others."""
    code = ord(character)
    if 0x21 <= code <= 0x7E:
        return "−" if character == "-" else chr(code + FULL_WIDTH)  # JIS X 0208 has a minus sign, and no full-width -
    if character == "−":
        return "-"
    return chr(code - FULL_WIDTH) if 0x21 <= code - FULL_WIDTH <= 0x7E else None
