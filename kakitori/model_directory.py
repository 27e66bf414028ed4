"""The one reader of a model directory: config.json, mapping.json and manifest.json, checked against each other.

A model directory may come from anyone: its files are input. Names in them are names inside the directory, links do
not lead out of it, and one digest (`kakitori.spec.model_digest`) ties weights, config, mapping and manifest together.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kakitori.charset import Charset
from kakitori.errors import ModelError
from kakitori.files import inside, read_json, sha256_of, write_json
from kakitori.mapping_check import check_mapping
from kakitori.schemas.manifest import Manifest, ManifestRow
from kakitori.schemas.mapping import Mapping
from kakitori.schemas.reader import read_document
from kakitori.spec import (
    CONFIG_FILE,
    MANIFEST_FILE,
    MAPPING_FILE,
    ONNX_FOLDER,
    ModelSpec,
    model_digest,
    read_spec,
    write_spec,
)

EXPORT = "run `invoke export` again"
EMBEDDED_MODEL = Path(__file__).parent / "default_model"  # in an installed wheel only, see hatch_build.py
CHECKOUT_MODEL = Path(__file__).parents[1] / "models" / "kanji"
# What mapping.json and manifest.json repeat of config.json.
IDENTITY = ("charset", "num_classes", "digest")
Document = TypeVar("Document", Mapping, Manifest)


@dataclass(frozen=True)
class OpenModel:
    """An exported model: its directory, and the content of its three JSON files."""

    folder: Path
    spec: ModelSpec
    charset: Charset
    mapping: Mapping
    manifest: Manifest


def default_model() -> Path:
    """Return the directory of the default model: in the installed package, or models/kanji of the checkout."""
    return EMBEDDED_MODEL if EMBEDDED_MODEL.is_dir() else CHECKOUT_MODEL


def open_model(model_dir: Path) -> OpenModel:
    """Return the content of an exported model's directory.

    Raises:
        ModelError: if one of the three JSON files is missing or wrong, or they belong to different models.
    """
    spec = read_spec(model_dir)
    charset = spec.get_charset()
    mapping, manifest = read_mapping(model_dir), read_manifest(model_dir)
    expected: dict[str, Any] = {name: getattr(spec, name) for name in IDENTITY} | {"model_digest": model_digest(spec)}
    _check_agreement(MAPPING_FILE, mapping, expected)
    _check_agreement(MANIFEST_FILE, manifest, expected | {"size": spec.size, "weights": spec.weights})
    check_mapping(mapping, charset)
    return OpenModel(model_dir, spec, charset, mapping, manifest)


def variant_file(model: OpenModel, variant: str) -> tuple[ManifestRow, Path]:
    """Return a variant's row of the manifest, and the path of its file, which has the row's size and SHA-256.

    Raises:
        ModelError: if there is no such variant, listing those that were exported, or its file is missing or another.
    """
    rows = {row.variant: row for row in model.manifest.files}
    if variant not in rows:
        raise ModelError(
            f"{model.folder / MANIFEST_FILE} has no variant {variant!r}: choose one of {', '.join(rows) or 'none'}, or "
            "make it with `invoke export`."
        )
    row = rows[variant]
    path = file_in(model.folder, row.file)
    if not path.is_file():
        there = [name for name, other in rows.items() if file_in(model.folder, other.file).is_file()]
        raise ModelError(
            f"{path} is missing, though {MANIFEST_FILE} lists it: choose one whose file is there "
            f"({', '.join(there) or 'none'}), or make it with `invoke export`."
        )
    for what, found, expected in _file_facts(path, row):
        if found != expected:
            raise ModelError(
                f"{path} has the {what} {found}, and {MANIFEST_FILE} has {expected}: it is not the file that was "
                f"checked; {EXPORT}."
            )
    return row, path


def _file_facts(path: Path, row: ManifestRow) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is compared of a variant's file, the value found and the manifest's; the size before the SHA-256."""
    try:
        yield "size", path.stat().st_size, row.bytes
        yield "SHA-256", sha256_of(path), row.sha256
    except OSError as problem:
        raise ModelError(f"{path} cannot be read ({problem.strerror}): {EXPORT}.") from problem


def file_in(model_dir: Path, name: str) -> Path:
    """Return the path of a file in a model directory, whether it exists or not; `name` has `/` between its parts.

    Raises:
        ModelError: if the name, or a link that it goes through, leads out of the directory.
    """
    return inside(model_dir, name, ModelError)


def read_mapping(model_dir: Path) -> Mapping:
    """Return a model directory's mapping.json, which may belong to another model than its config.json.

    Raises:
        ModelError: if it is missing, is not JSON, or a field is missing or wrong.
    """
    return _read(model_dir, MAPPING_FILE, Mapping)


def read_manifest(model_dir: Path) -> Manifest:
    """Return a model directory's manifest.json, which may belong to another model than its config.json.

    Raises:
        ModelError: if it is missing, is not JSON, a field is missing or wrong, fields of a row contradict each other,
            or a variant is listed twice.
    """
    manifest = _read(model_dir, MANIFEST_FILE, Manifest)
    check_variants(manifest, model_dir / MANIFEST_FILE)
    return manifest


def current_manifest(model_dir: Path) -> Manifest | None:
    """Return a model directory's manifest; None if there is none, or it belongs to another model than config.json.

    Raises:
        ModelError: if config.json or manifest.json cannot be read.
    """
    if not file_in(model_dir, MANIFEST_FILE).exists():
        return None
    manifest = read_manifest(model_dir)
    return manifest if manifest.model_digest == model_digest(read_spec(model_dir)) else None


def check_variants(manifest: Manifest, path: Path) -> None:
    """Check the rows of a manifest; `path` is named in the message.

    A variant is named `<backend>.<precision>` or `<backend>.<pooling>.<precision>`.

    Raises:
        ModelError: if a row's variant, file, backend, pooling and precision contradict each other, or a variant is
            listed twice.
    """
    for row in manifest.files:
        names = (f"{row.backend}.{row.precision}", f"{row.backend}.{row.pooling}.{row.precision}")
        if row.variant not in names:
            raise ModelError(f"{path}: found variant {row.variant!r} with backend {row.backend!r}, pooling "
                             f"{row.pooling!r} and precision {row.precision!r}, expected {' or '.join(names)}: "
                             f"{EXPORT}.")  # fmt: skip
        if row.file != (file := f"{ONNX_FOLDER}/{row.variant}.onnx"):
            raise ModelError(f"{path}: found file {row.file!r} for {row.variant!r}, expected {file!r}: {EXPORT}.")
    counts = Counter(row.variant for row in manifest.files)
    for variant, count in counts.items():
        if count > 1:
            raise ModelError(f"{path}: variant {variant!r} is listed {count} times, expected once: {EXPORT}.")


def restamp(model_dir: Path, spec: ModelSpec) -> None:
    """Write a model's new config.json, and its digest into the mapping and manifest of the old config.json.

    For a change that leaves weights and classes as they are, such as a new confidence. A mapping or manifest of
    another model stays as it is, and `open_model` keeps refusing it.

    Raises:
        ModelError: if the old config.json cannot be read, or the new one contradicts itself.
    """
    before = model_digest(read_spec(model_dir))
    paths = [path for name in (MAPPING_FILE, MANIFEST_FILE) if (path := file_in(model_dir, name)).exists()]
    documents = {path: read_json(path, ModelError) for path in paths}
    write_spec(spec, model_dir)
    for path, document in documents.items():
        if isinstance(document, dict) and document.get("model_digest") == before:
            write_json(path, document | {"model_digest": model_digest(spec)})


def _read(model_dir: Path, name: str, kind: type[Document]) -> Document:
    return read_document(file_in(model_dir, name), kind, ModelError, EXPORT)


def _check_agreement(name: str, document: msgspec.Struct, expected: dict[str, Any]) -> None:
    for field, value in expected.items():
        found = getattr(document, field)
        if found != value:
            raise ModelError(
                f"{name} has {field} {found!r}, and {CONFIG_FILE} has {value!r}: they belong to different models; "
                f"{EXPORT}."
            )
