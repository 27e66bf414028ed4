"""Whether mapping.json names each class as its charset does, and each code as the ISO-2022-JP codec does."""

from functools import cache

from kakitori.charset import Charset
from kakitori.errors import ModelError
from kakitori.homoglyphs import PLACES, full_width
from kakitori.schemas.mapping import HomoglyphPlace, Mapping
from kakitori.spec import MAPPING_FILE

# ISO-2022-JP writes a JIS X 0208 character as its plain row-cell code between these two (RFC 1468). Charset takes its
# codes from EUC-JP, so this codec is an independent check.
TO_JIS_X_0208, TO_ASCII = b"\x1b$B", b"\x1b(B"


def check_mapping(mapping: Mapping, charset: Charset) -> None:
    """Compare the classes of a mapping with a charset, and their codes with the ISO-2022-JP codec.

    Raises:
        ModelError: naming the first wrong class.
    """
    indices = [str(i) for i in range(len(charset))]
    for name, table in (("class_to_char", mapping.class_to_char), ("class_to_jis", mapping.class_to_jis)):
        if list(table) != indices:
            raise _error(f"{name} has {len(table)} classes, expected 0 to {len(charset) - 1} in order")
    for index, character in zip(indices, charset.characters, strict=True):
        if mapping.class_to_char[index] != character:
            raise _error(f"class {index} is {mapping.class_to_char[index]!r}, expected {character!r} of charset "
                         f"{charset.name!r}")  # fmt: skip
        _check_code(f"class {index}", character, mapping.class_to_jis[index])
    _check_homoglyphs(mapping, charset)


def _check_homoglyphs(mapping: Mapping, charset: Charset) -> None:
    groups = {str(i): list(charset.homoglyphs(i)) for i in range(len(charset)) if len(charset.homoglyphs(i)) > 1}
    characters = [character for group in groups.values() for character in group]
    for index in groups.keys() | mapping.class_to_homoglyphs.keys():
        found, expected = mapping.class_to_homoglyphs.get(index), groups.get(index)
        if found != expected:
            raise _error(f"class {index} has the homoglyphs {found!r}, expected {expected!r}")
    if mapping.homoglyph_to_jis.keys() != set(characters):
        raise _error(f"homoglyph_to_jis has {len(mapping.homoglyph_to_jis)} characters, expected the "
                     f"{len(characters)} of class_to_homoglyphs")  # fmt: skip
    for character in characters:
        _check_code("homoglyph", character, mapping.homoglyph_to_jis[character])
    places = {c: HomoglyphPlace(size=PLACES[c].size, middle=PLACES[c].middle) for c in characters if c in PLACES}
    for character in places.keys() | mapping.homoglyph_to_place.keys():
        place, wanted = mapping.homoglyph_to_place.get(character), places.get(character)
        if place != wanted:
            raise _error(f"homoglyph {character!r} has the place {place!r}, expected {wanted!r}")


def _check_code(name: str, character: str, code: str | None) -> None:
    expected = jis_of(character)
    decoded = None if code is None else char_of(code)
    if code != expected or decoded not in (None, full_width(character)):
        raise _error(f"{name} {character!r} has JIS code {code!r}, expected {expected!r}: ISO-2022-JP reads {code!r} "
                     f"as {decoded!r}")  # fmt: skip


def _error(found: str) -> ModelError:
    return ModelError(f"{MAPPING_FILE}: {found}; run `invoke export` again.")


@cache
def jis_of(character: str) -> str | None:
    """Return a character's JIS X 0208 code (see `kakitori.charset.jis_code`) or None, by the ISO-2022-JP codec."""
    if len(character) != 1:  # the name of a class that is no character
        return None
    try:
        encoded = full_width(character).encode("iso2022_jp")
    except UnicodeEncodeError:
        return None
    if not (encoded.startswith(TO_JIS_X_0208) and encoded.endswith(TO_ASCII)):
        return None
    return encoded[len(TO_JIS_X_0208) : -len(TO_ASCII)].hex().upper()


def char_of(code: str) -> str | None:
    """Return the character of a JIS X 0208 code of four hex digits, or None, by the ISO-2022-JP codec."""
    try:
        return (TO_JIS_X_0208 + bytes.fromhex(code) + TO_ASCII).decode("iso2022_jp")
    except ValueError:  # not hex, or a cell that JIS X 0208 leaves empty
        return None
