"""mapping.json: class index to character and to JIS X 0208 code, for programs that know nothing of our charsets."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from export.errors import MappingError
from kakitori.charset import Charset, digest_of, jis_code
from kakitori.files import write_json
from kakitori.homoglyphs import PLACES, full_width
from kakitori.spec import MAPPING_FILE, ModelSpec

# ISO-2022-JP writes a JIS X 0208 character as its plain row-cell code between these two (RFC 1468). Charset takes its
# codes from EUC-JP, so this codec is an independent witness.
TO_JIS_X_0208, TO_ASCII = b"\x1b$B", b"\x1b(B"


def build_mapping(charset: Charset, dataset: str | None, accuracy: dict[str, float]) -> dict[str, Any]:
    """Return the content of mapping.json; a class without JIS code has null.

    Where classes are shapes of several characters, `class_to_homoglyphs` has them all, the class's own first;
    `homoglyph_to_jis` their codes; `homoglyph_to_place` the size and height on a pad that speak for one, of
    `kakitori.homoglyphs`.

    Args:
        charset: the classes.
        dataset: what the weights were trained on.
        accuracy: top-1 percentage of the trained network, by evaluation set.
    """
    indices = range(len(charset))
    return {
        "charset": charset.name,
        "num_classes": len(charset),
        "digest": charset.digest,
        "class_to_jis": {str(i): charset.jis(i) for i in indices},
        "class_to_char": {str(i): charset.characters[i] for i in indices},
        **_build_homoglyphs({str(i): charset.homoglyphs(i) for i in indices if len(charset.homoglyphs(i)) > 1}),
        "model_info": {"dataset": dataset, "accuracy": accuracy},
    }


def _build_homoglyphs(homoglyphs: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    characters = [character for group in homoglyphs.values() for character in group]
    if not characters:
        return {}
    return {
        "class_to_homoglyphs": {index: list(group) for index, group in homoglyphs.items()},
        "homoglyph_to_jis": {character: jis_code(character) for character in characters},
        "homoglyph_to_place": {c: asdict(PLACES[c]) for c in characters if c in PLACES},
    }


def check_mapping(mapping: dict[str, Any], spec: ModelSpec) -> None:
    """Raise unless every class's code and character are each other's, both ways, in the order of `spec.digest`.

    Raises:
        MappingError: naming the first class at fault.
    """
    characters, codes = mapping["class_to_char"], mapping["class_to_jis"]
    wanted = [str(i) for i in range(spec.num_classes)]
    for name, table in (("class_to_char", characters), ("class_to_jis", codes)):
        if list(table) != wanted:
            raise MappingError(
                f"{MAPPING_FILE}: {name} holds {len(table)} classes, expected 0 to {spec.num_classes - 1} in order: "
                "export again."
            )
    digest = digest_of(characters.values())
    if not digest == mapping["digest"] == spec.digest:
        raise MappingError(
            f"{MAPPING_FILE}: its characters have digest {digest}, but the weights were trained with {spec.digest}: "
            "export again from one model directory."
        )
    for index, character in characters.items():
        _check_class(index, character, codes[index])
    for index, homoglyphs in mapping.get("class_to_homoglyphs", {}).items():
        if characters[index] != homoglyphs[0]:
            raise MappingError(
                f"{MAPPING_FILE}: class {index} is {characters[index]!r}, and its first reading {homoglyphs[0]!r}: "
                "correct kakitori/homoglyphs.py."
            )
        for character in homoglyphs:
            _check_class(index, character, mapping["homoglyph_to_jis"][character])


def _check_class(index: str, character: str, code: str | None) -> None:
    expected = jis_of(character)
    decoded = None if code is None else char_of(code)
    if code != expected or decoded not in (None, full_width(character)):
        raise MappingError(
            f"{MAPPING_FILE}: class {index} is {character!r} with JIS code {code!r}, but ISO-2022-JP writes "
            f"{character!r} as {expected!r} and reads {code!r} as {decoded!r}: correct kakitori/charset.py."
        )


def jis_of(character: str) -> str | None:
    """Return a character's JIS X 0208 code (see `jis_code`) or None, by the ISO-2022-JP codec."""
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


def write_mapping(mapping: dict[str, Any], spec: ModelSpec, model_dir: Path) -> None:
    """Check the mapping and write mapping.json.

    Raises:
        MappingError: as `check_mapping`; nothing is written then.
    """
    check_mapping(mapping, spec)
    write_json(model_dir / MAPPING_FILE, mapping)
