"""The facts about a model that the templates print, from the JSON files of its directory. Pure."""

from typing import Any

from kakitori.charset import Charset
from kakitori.model_directory import OpenModel
from kakitori.schemas.manifest import ManifestRow
from kakitori.schemas.mapping import Mapping
from kakitori.spec import INK_CHARSETS

# Names of data sets and evaluation sets on the page; others are shown by their own name.
SET_NAMES = dict.fromkeys(INK_CHARSETS, "ink made from KanjiVG's strokes")
FEW = 64  # classes that are listed one by one
OTHERS = "others"
SCRIPTS = (
    ("digits", "0", "9"), ("Latin letters", "A", "z"), ("hiragana", "\u3041", "\u309f"),
    ("katakana", "\u30a0", "\u30ff"), ("kanji", "\u3400", "\u9fff"), ("kanji", "\U00020000", "\U0003ffff"),
)  # fmt: skip


def accuracy_rows(row: ManifestRow, mapping: Mapping) -> list[dict[str, Any]]:
    """Return [{name, percent, images}] of the variant, or else of the trained network, whose `images` are None."""
    own = [(name, figures.top1_percent, figures.images) for name, figures in row.accuracy.items()]
    general = [(name, percent, None) for name, percent in mapping.model_info.accuracy.items()]
    return [{"name": SET_NAMES.get(name, name), "percent": percent, "images": images}
            for name, percent, images in own or general]  # fmt: skip


def describe_classes(charset: Charset) -> str:
    """Return a phrase about a model's classes: a list of up to FEW, or else their number by script."""
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


def site_context(model: OpenModel, row: ManifestRow) -> dict[str, Any]:
    """Return the facts about a model and one of its files for the templates, as plain values."""
    spec, charset = model.spec, model.charset
    dataset = model.mapping.model_info.dataset
    codes = [charset.jis(index) for index in range(len(charset))]
    known = [code for code in codes if code is not None]
    return {
        "model": model.manifest.model,
        "charset": spec.charset,
        "num_classes": spec.num_classes,
        "num_characters": len(all_homoglyphs(charset)),
        "classes": describe_classes(charset),
        "in_jis_order": codes == sorted(known),
        "size": spec.size,
        "arch": spec.arch,
        "variant": row.variant,
        "file": row.file,
        "model_bytes": row.bytes,
        "precision": row.precision,
        "opset": row.opset,
        "accuracy": accuracy_rows(row, model.mapping),
        "dataset": dataset if dataset is None else SET_NAMES.get(dataset, dataset),
    }
