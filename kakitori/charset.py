"""Charsets: the ordered classes of a network, with characters, JIS codes and code points. Standard library only.

The order gives the logits their meaning, so every file that depends on it has the charset's digest.
"""

import hashlib
import string
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, cached_property

from kakitori.errors import KakitoriError, check_choice
from kakitori.etl_characters import (
    CAPITALS,
    DIGITS,
    ETL8_KANJI,
    ETL8_SMALL_KANA,
    KATAKANA,
    OLD_HIRAGANA,
    SYMBOLS,
)
from kakitori.homoglyphs import HOMOGLYPHS, full_width, other_width

SMALL_KANA = "ぁぃぅぇぉっゃゅょゎ"
# ETL9G, "Character set": 71 hiragana without the small ones, ゐ and ゑ, and the kanji of JIS X 0208 level 1.
# http://etlcdb.db.aist.go.jp/specification-of-etl-9
ETL9G_HIRAGANA_OMITTED = SMALL_KANA + "ゐゑ"
HIRAGANA_JIS = (0x2421, 0x2473)  # first ぁ, last ん
KATAKANA_JIS = (0x2521, 0x2576)  # first ァ, last ヶ
LEVEL_1_JIS = (0x3021, 0x4F53)  # first 亜, last 腕
LEVEL_2_JIS = (0x5021, 0x7426)  # first 弌, last 熙
# Characters of Japanese text other than kana and kanji: Latin letters, digits and mathematical signs in ASCII, and
# Japanese punctuation.
WIDE_LATIN = string.digits + string.ascii_letters + "+-=<>/|%&@#*$"
WIDE_MARKS = "、。・.,：；？！ヽヾゝゞ々〆〇ー（）「」『』〜…×÷￥〒※"
# kmnist_classmap.csv and k49_classmap.csv, http://codh.rois.ac.jp/kmnist/
KMNIST = "おきすつなはまやれを"
K49 = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ"
# Unicode categories that no class name may hold: control characters, lone surrogates, line and paragraph separators.
FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}


@dataclass(frozen=True)
class Charset:
    """An ordered set of characters; the position is the class index.

    A class that is no character has a name of several letters (CIFAR-100's "apple"). A class of homoglyphs has the
    first of them in `characters`, and all of them in `homoglyph_groups`: "つっ". A charset with homoglyphs contains
    its characters in either width: Ａ is A.
    """

    name: str
    characters: tuple[str, ...]
    homoglyph_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.characters)) != len(self.characters) or not all(self.characters):
            raise KakitoriError(f"Charset {self.name!r} has a class twice, or one without a name: name each once.")

    def __len__(self) -> int:
        return len(self.characters)

    @cached_property
    def digest(self) -> str:
        """The digest of the characters, see `digest_of`."""
        return digest_of(self.characters)

    @cached_property
    def _indices(self) -> dict[str, int]:
        indices = {character: index for index, character in enumerate(self.characters)}
        for shape in self.homoglyph_groups:
            indices |= dict.fromkeys(shape, indices[shape[0]])
        if not self.homoglyph_groups:
            return indices
        widths = {other: index for character, index in indices.items() if (other := other_width(character))}
        return widths | indices

    @cached_property
    def _homoglyphs(self) -> dict[str, tuple[str, ...]]:
        return {shape[0]: tuple(shape) for shape in self.homoglyph_groups}

    def homoglyphs(self, index: int) -> tuple[str, ...]:
        """Return all characters of a class, the one that names it first."""
        character = self.characters[index]
        return self._homoglyphs.get(character, (character,))

    def __contains__(self, character: str) -> bool:
        return character in self._indices

    def index(self, character: str) -> int:
        """Return the class index of a character.

        Raises:
            KakitoriError: if the character is not in this charset.
        """
        if character not in self._indices:
            raise KakitoriError(f"{character!r} is not one of the {len(self):,} characters of charset {self.name!r}.")
        return self._indices[character]

    def jis(self, index: int) -> str | None:
        """Return the JIS X 0208 row-cell code as four hex digits, or None for a character beyond JIS X 0208."""
        return jis_code(self.characters[index])


def digest_of(characters: Collection[str]) -> str:
    """Return `sha256:` and the hex SHA-256 of the characters in UTF-8, in order.

    They are joined without a separator; where one has several code points, by line ends.
    """
    separator = "" if all(len(character) == 1 for character in characters) else "\n"
    return "sha256:" + hashlib.sha256(separator.join(characters).encode()).hexdigest()


@cache
def jis_code(character: str) -> str | None:
    """Return a character's JIS X 0208 code as four hex digits ("2422" for あ), or None for a text without one.

    An ASCII character has the code of its full-width form: "2341" for A.
    """
    if len(character) != 1:
        return None
    try:
        encoded = full_width(character).encode("euc_jp")
    except UnicodeEncodeError:
        return None
    # Two bytes with the top bit set are JIS X 0208; one is ASCII, 0x8E half-width kana, three JIS X 0212.
    if len(encoded) != 2 or encoded[0] == 0x8E:
        return None
    return f"{encoded[0] & 0x7F:02x}{encoded[1] & 0x7F:02x}".upper()


def forbidden_in(name: str) -> str | None:
    """Return the first character of a FORBIDDEN category in a class name, or None."""
    return next((character for character in name if unicodedata.category(character) in FORBIDDEN), None)


def code_point(text: str) -> int | None:
    """Return a character's Unicode code point, or None for a text of several."""
    return ord(text) if len(text) == 1 else None


def _jis_range(first: int, last: int) -> list[str]:
    """Return the characters from one JIS X 0208 code to another, both included, in code order."""
    codes = (row << 8 | cell for row in range(first >> 8, (last >> 8) + 1) for cell in range(0x21, 0x7F))
    return [bytes((code >> 8 | 0x80, code & 0xFF | 0x80)).decode("euc_jp") for code in codes if first <= code <= last]


def _etl9g() -> tuple[str, ...]:
    hiragana = [kana for kana in _jis_range(*HIRAGANA_JIS) if kana not in ETL9G_HIRAGANA_OMITTED]
    return tuple(hiragana + _jis_range(*LEVEL_1_JIS))


def _etl8g() -> tuple[str, ...]:
    hiragana = [kana for kana in _etl9g() if kana < "ー"]
    return _in_jis_order({*hiragana, *ETL8_SMALL_KANA, *ETL8_KANJI})


def _etl_all() -> tuple[str, ...]:
    """Return the characters of ETL1 and ETL3 to ETL9 in JIS X 0208 forms (ETL2 is printed, and has more kanji)."""
    others = SYMBOLS + DIGITS + CAPITALS + KATAKANA + OLD_HIRAGANA
    return _in_jis_order({*_etl9g(), *_etl8g(), *others})


def _wide() -> tuple[str, ...]:
    """Return JIS X 0208's kana and both levels of kanji, Latin letters and marks; of homoglyphs the first."""
    ranges = (HIRAGANA_JIS, KATAKANA_JIS, LEVEL_1_JIS, LEVEL_2_JIS)
    characters = {*WIDE_LATIN, *WIDE_MARKS}.union(*(_jis_range(*codes) for codes in ranges))
    merged = {character for shape in HOMOGLYPHS for character in shape[1:]}
    return _in_jis_order(characters - merged)


def _in_jis_order(characters: Collection[str]) -> tuple[str, ...]:
    """Return characters, which all have JIS codes, in code order."""
    return tuple(sorted(characters, key=lambda character: jis_code(character) or ""))


# Charsets by name. Those of other data sets (folders of pictures) are stored with the set, and in the model's config.
CHARSETS: dict[str, Callable[[], tuple[str, ...]]] = {
    "etl9g": _etl9g,
    "etl8g": _etl8g,
    "etl-all": _etl_all,
    "kmnist": lambda: tuple(KMNIST),
    "k49": lambda: tuple(K49),
    "digits": lambda: tuple("0123456789"),
    "wide": _wide,
}
MERGED: dict[str, tuple[str, ...]] = {"wide": HOMOGLYPHS}


@cache
def get_charset(name: str, limit: int | None = None) -> Charset:
    """Return a charset, or its first `limit` characters (for quick runs).

    Raises:
        KakitoriError: for an unknown name, or a limit outside 2..size.
    """
    characters = CHARSETS[check_choice("charset", name, CHARSETS)]()
    return limited(Charset(name, characters, MERGED.get(name, ())), limit)


def limited(charset: Charset, limit: int | None) -> Charset:
    """Return a charset of the first `limit` characters; of all for None.

    Raises:
        KakitoriError: for a limit outside 2..size.
    """
    if limit is not None and not 2 <= limit <= len(charset):
        raise KakitoriError(
            f"--class-limit {limit} must be from 2 to the {len(charset):,} classes of {charset.name!r}."
        )
    kept = charset.characters[:limit]
    return Charset(charset.name, kept, tuple(shape for shape in charset.homoglyph_groups if shape[0] in kept))
