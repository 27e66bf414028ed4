"""The model directories as the site carries them: read, checked, and cut down to the one variant that it runs."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kakitori.files import read_json
from kakitori.spec import CONFIG_FILE, KANJIVG_LICENCE, MANIFEST_FILE, MAPPING_FILE, ModelSpec, read_spec
from web.context import all_homoglyphs, select_variant, site_context
from web.errors import SiteError

MODEL_FOLDER = "model/"  # beside the library, which looks there where it is told no other
MORE_MODELS = "models/"


@dataclass(frozen=True)
class SiteModel:
    """A model as the site carries it: its folder there, the facts for the templates, and its files by their paths."""

    spec: ModelSpec
    folder: str
    context: dict[str, Any]
    files: dict[str, bytes]


def read_models(model_dirs: Sequence[Path], variant: str) -> list[SiteModel]:
    """Return the models, each in a folder of its own; the first in the one that the library looks in by itself.

    Raises:
        SiteError: if two have the same name; and as `read_model`.
    """
    names = [model_dir.resolve().name for model_dir in model_dirs]
    if len(set(names)) < len(names):
        raise SiteError(f"Two models are named alike ({', '.join(names)}): the page could not tell them apart. "
                        "Name each --model once, in folders of different names.")
    folders = [MODEL_FOLDER, *(f"{MORE_MODELS}{name}/" for name in names[1:])]
    return [read_model(*pair, variant) for pair in zip(model_dirs, folders, strict=True)]


def read_model(model_dir: Path, folder: str, variant: str) -> SiteModel:
    """Return a model to be put into `folder` of the site, whose manifest there lists the one variant.

    Raises:
        ModelError: if the directory or its config is missing or damaged.
        SiteError: if the files contradict each other, or the ONNX file is missing or not the one of the manifest.
    """
    spec = read_spec(model_dir)
    mapping = read_json(model_dir / MAPPING_FILE, SiteError)
    manifest = read_json(model_dir / MANIFEST_FILE, SiteError)
    context = site_context(spec, mapping, manifest, variant) | {"folder": folder, "name": model_dir.resolve().name}
    row = select_variant(manifest, variant)
    onnx = model_dir / row["file"]
    if not onnx.is_file():
        raise SiteError(f"{onnx} does not exist, though the manifest lists it: make it with `invoke export`.")
    content = onnx.read_bytes()
    if (len(content), sha256(content)) != (row["bytes"], row["sha256"].removeprefix("sha256:")):
        raise SiteError(f"{onnx} is not the file that the manifest describes ({len(content):,} bytes found, "
                        f"{row['bytes']:,} expected, or another SHA-256): run `invoke export` again.")
    return SiteModel(spec, folder, context, {
        folder + CONFIG_FILE: (model_dir / CONFIG_FILE).read_bytes(),
        folder + MAPPING_FILE: to_json(mapping),
        folder + MANIFEST_FILE: to_json(manifest | {"files": [row]}),
        folder + row["file"]: content,
    })


def shown_characters(models: Sequence[SiteModel]) -> set[str]:
    """Return every character of a candidate, and the letters of the names of classes that are none."""
    return {letter for model in models for letter in "".join(all_homoglyphs(model.spec.get_charset()))}


def join_data(data: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return what all models were made of as one description, each thing named once; KanjiVG where one says nothing."""
    data = [description or KANJIVG_LICENCE for description in data]
    keys = dict.fromkeys(key for description in data for key in description)
    return {key: "; ".join(dict.fromkeys(d[key] for d in data if d.get(key))) for key in keys}


def sha256(content: bytes) -> str:
    """Return the hex SHA-256."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON: nobody reads the site's copies, and everybody downloads them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
