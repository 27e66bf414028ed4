"""From the JSON files of a model directory to the facts that the templates print. Pure."""

from typing import Any

from kakitori.charset import Charset
from kakitori.errors import ModelError
from kakitori.spec import CONFIG_FILE, INK_CHARSETS, MANIFEST_FILE, MAPPING_FILE, ModelSpec
from web.errors import SiteError

# What a data set or evaluation set is called on the page; others go by their own name.
SET_NAMES = dict.fromkeys(INK_CHARSETS, "ink made from KanjiVG's strokes")
FEW = 64  # classes that are listed one by one
OTHERS = "others"
SCRIPTS = (
    ("digits", "0", "9"), ("Latin letters", "A", "z"), ("hiragana", "\u3041", "\u309f"),
    ("katakana", "\u30a0", "\u30ff"), ("kanji", "\u3400", "\u9fff"), ("kanji", "\U00020000", "\U0003ffff"),
)  # fmt: skip
IDENTITY_FIELDS = ("charset", "num_classes", "digest")  # the same in config, mapping and manifest, or nothing is right


def select_variant(manifest: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return the manifest's row of a variant.

    Raises:
        SiteError: if there is none, listing those there are.
    """
    rows = manifest.get("files", [])
    for row in rows:
        if row["variant"] == variant:
            return row
    there = ", ".join(row["variant"] for row in rows) or "none"
    raise SiteError(f"There is no variant {variant!r} in the manifest: those there are: {there}. "
                    "Choose one with --variant, or make it with `invoke export`.")


def check_agreement(spec: ModelSpec, mapping: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Compare what the three files say about the classes.

    Raises:
        SiteError: naming the file and the field that differ from the config, or the first class that is wrong.
    """
    for name, document in ((MAPPING_FILE, mapping), (MANIFEST_FILE, manifest)):
        for field in IDENTITY_FIELDS:
            found, expected = document.get(field), getattr(spec, field)
            if found != expected:
                raise SiteError(f"{name} has {field} {found!r}, and {CONFIG_FILE} has {expected!r}: they belong to "
                                "different models. Run `invoke export` again.")
    characters = mapping.get("class_to_char", {})
    for index, character in enumerate(spec.get_charset().characters):
        if characters.get(str(index)) != character:
            raise SiteError(f"{MAPPING_FILE} names class {index} {characters.get(str(index))!r}, and charset "
                            f"{spec.charset!r} {character!r}: run `invoke export` again.")
    if len(mapping.get("class_to_jis", {})) != spec.num_classes:
        raise SiteError(f"{MAPPING_FILE} has {len(mapping.get('class_to_jis', {})):,} JIS codes for "
                        f"{spec.num_classes:,} classes: run `invoke export` again.")


def accuracy_rows(row: dict[str, Any], mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """Return [{name, percent, images}]: the variant's own figures, or else those of the model; images may be None."""
    own = [{"name": name, "percent": figures["top1_percent"], "images": figures.get("images")}
           for name, figures in row.get("accuracy", {}).items()]
    general = mapping.get("model_info", {}).get("accuracy") or {}
    rows = own or [{"name": name, "percent": percent, "images": None} for name, percent in general.items()]
    return [row | {"name": SET_NAMES.get(row["name"], row["name"])} for row in rows]


def describe_classes(charset: Charset) -> str:
    """Return what a model reads, in words: the classes themselves where they are few, else how many of which script."""
    if len(charset) <= FEW:
        return f"{len(charset)} classes: {' '.join(charset.characters)}"
    characters = all_homoglyphs(charset)
    scripts = [script_of(character) for character in characters]
    counts = [f"{scripts.count(name):,} {name}" for name in sorted(dict.fromkeys(scripts), key=OTHERS.__eq__)]
    shapes = f" of {len(charset):,} shapes" if len(characters) > len(charset) else ""
    return f"{len(characters):,} characters{shapes}: {', '.join(counts)}"


def all_homoglyphs(charset: Charset) -> list[str]:
    """Return every character that may be a candidate."""
    return [character for index in range(len(charset)) for character in charset.homoglyphs(index)]


def script_of(character: str) -> str:
    """Return the name of a class's script; OTHERS for marks and for classes that are no single character."""
    found = (name for name, first, last in SCRIPTS if len(character) == 1 and first <= character <= last)
    return next(found, OTHERS)


def site_context(spec: ModelSpec, mapping: dict[str, Any], manifest: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return what the templates need to know of a model, as plain values.

    Raises:
        SiteError: if the files contradict each other, or lack the variant.
    """
    try:
        check_agreement(spec, mapping, manifest)
    except ModelError as problem:
        raise SiteError(str(problem)) from problem
    row = select_variant(manifest, variant)
    dataset = mapping.get("model_info", {}).get("dataset")
    charset = spec.get_charset()
    codes = [charset.jis(index) for index in range(len(charset))]
    return {
        "model": manifest.get("model", "kanji"),
        "charset": spec.charset,
        "num_classes": spec.num_classes,
        "num_characters": len(all_homoglyphs(charset)),
        "classes": describe_classes(charset),
        "in_jis_order": None not in codes and codes == sorted(codes),
        "size": spec.size,
        "arch": spec.arch,
        "variant": variant,
        "file": row["file"],
        "model_bytes": row["bytes"],
        "precision": row["precision"],
        "opset": row["opset"],
        "parity": row.get("parity"),
        "accuracy": accuracy_rows(row, mapping),
        "dataset": SET_NAMES.get(dataset, dataset),
    }
