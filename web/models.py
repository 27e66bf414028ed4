"""The model directories as files of the site: read, checked, and reduced to the one variant that the page runs."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kakitori.model_directory import file_in, open_model, variant_file
from kakitori.schemas.config import Licence
from kakitori.spec import CONFIG_FILE, KANJIVG_LICENCE, MANIFEST_FILE, MAPPING_FILE, ModelSpec
from web.context import all_homoglyphs, site_context
from web.errors import SiteError

MODEL_FOLDER = "model/"  # the folder that the library reads by default
MORE_MODELS = "models/"


@dataclass(frozen=True)
class SiteModel:
    """A model in the site: its folder there, the facts for the templates, and its files by their paths in the site."""

    spec: ModelSpec
    folder: str
    context: dict[str, Any]
    files: dict[str, bytes]


def read_models(model_dirs: Sequence[Path], variant: str) -> list[SiteModel]:
    """Return the models, each in a folder of its own; the first in the one that the library reads by default.

    Raises:
        SiteError: if two have the same name; and as `read_model`.
    """
    names = [model_dir.resolve().name for model_dir in model_dirs]
    if len(set(names)) < len(names):
        raise SiteError(
            f"Two models have the same name ({', '.join(names)}), expected different names: name each "
            "--model once, and rename folders."
        )
    folders = [MODEL_FOLDER, *(f"{MORE_MODELS}{name}/" for name in names[1:])]
    return [read_model(*pair, variant) for pair in zip(model_dirs, folders, strict=True)]


def read_model(model_dir: Path, folder: str, variant: str) -> SiteModel:
    """Return a model for `folder` of the site; its manifest there lists the one variant.

    Raises:
        ModelError: if a file of the directory is missing or damaged, they belong to different models, or there is no
            such variant.
    """
    model = open_model(model_dir)
    row, onnx = variant_file(model, variant)
    context = site_context(model, row) | {"folder": folder, "name": model_dir.resolve().name}
    return SiteModel(
        model.spec,
        folder,
        context,
        {
            folder + CONFIG_FILE: file_in(model_dir, CONFIG_FILE).read_bytes(),
            folder + MAPPING_FILE: to_json(model.mapping),
            folder + MANIFEST_FILE: to_json(msgspec.structs.replace(model.manifest, files=[row])),
            folder + row.file: onnx.read_bytes(),
        },
    )


def shown_characters(models: Sequence[SiteModel]) -> set[str]:
    """Return every character that a candidate may have, and the letters of classes of several letters."""
    return {letter for model in models for letter in "".join(all_homoglyphs(model.spec.get_charset()))}


def join_data(models: Sequence[Sequence[Licence]]) -> list[Licence]:
    """Return the rows of all models' data, equal ones once; that of KanjiVG for a model without rows."""
    joined: list[Licence] = []
    for rows in models:
        joined += [row for row in rows or (KANJIVG_LICENCE,) if row not in joined]
    return joined


def sha256(content: bytes) -> str:
    """Return the hex SHA-256 of bytes that are in memory; of a file see `kakitori.files.sha256_of`."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON of plain values or a msgspec.Struct."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":")).encode()
