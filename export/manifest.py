"""manifest.json: one row per ONNX file, everything that was measured about it."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from export.errors import ManifestError
from kakitori.errors import check_choice
from kakitori.files import read_json, write_json
from kakitori.spec import MANIFEST_FILE, WEIGHTS_FILE, ModelSpec

Row = dict[str, Any]
SHA256 = re.compile(r"[0-9a-f]{64}")

HEAD_FIELDS = {
    "model": str,
    "charset": str,
    "num_classes": int,
    "digest": str,
    "size": int,
    "weights": str,
    "files": list,
}
ROW_FIELDS = {
    "variant": str,
    "file": str,
    "backend": str,
    "precision": str,
    "pooling": str,
    "opset": int,
    "bytes": int,
    "sha256": str,
    "operators": dict,
    "exporter": str,
    "parity": dict,
    "accuracy": dict,
}


def build_manifest(model_dir: Path, spec: ModelSpec, rows: list[Row]) -> dict[str, Any]:
    """Return the content of manifest.json, rows sorted by variant; `weights` is the SHA-256 of the weights' file."""
    return {
        "model": model_dir.resolve().name,
        "charset": spec.charset,
        "num_classes": spec.num_classes,
        "digest": spec.digest,
        "size": spec.size,
        "weights": sha256_of(model_dir / WEIGHTS_FILE),
        "files": sorted(rows, key=lambda row: row["variant"]),
    }


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(manifest: dict[str, Any], model_dir: Path) -> None:
    """Validate the manifest and write it.

    Raises:
        ManifestError: as `check_manifest`; nothing is written then.
    """
    check_manifest(manifest, model_dir / MANIFEST_FILE)
    write_json(model_dir / MANIFEST_FILE, manifest)


def read_manifest(model_dir: Path) -> dict[str, Any]:
    """Return a model directory's manifest.

    Raises:
        ManifestError: if it is missing, is not JSON, or lacks a field.
    """
    path = model_dir / MANIFEST_FILE
    if not path.is_file():
        raise ManifestError(f"{path} does not exist: run `invoke export`.")
    manifest = read_json(path, ManifestError)
    check_manifest(manifest, path)
    return manifest


def check_manifest(manifest: Any, path: Path) -> None:
    """Raise unless every field is there with its type and no variant is listed twice.

    Raises:
        ManifestError: naming the row and field at fault.
    """
    _check_fields(manifest, HEAD_FIELDS, f"{path}")
    seen: set[str] = set()
    for position, row in enumerate(manifest["files"]):
        where = f"{path}, row {position + 1}"
        _check_fields(row, ROW_FIELDS, where)
        if not SHA256.fullmatch(row["sha256"]):
            raise ManifestError(f"{where}: sha256 {row['sha256']!r} is not 64 hex digits: run `invoke export`.")
        if row["variant"] in seen:
            raise ManifestError(f"{where}: variant {row['variant']!r} is listed twice: run `invoke export`.")
        seen.add(row["variant"])


def _check_fields(value: Any, wanted: dict[str, type], where: str) -> None:
    if not isinstance(value, dict):
        raise ManifestError(f"{where}: found {type(value).__name__}, expected an object: run `invoke export`.")
    for name, kind in wanted.items():
        if not isinstance(value.get(name), kind):
            found = type(value[name]).__name__ if name in value else "nothing"
            raise ManifestError(f"{where}: {name!r} is {found}, expected {kind.__name__}: run `invoke export`.")


def find_row(manifest: dict[str, Any], variant: str) -> Row:
    """Return the row of a variant.

    Raises:
        KakitoriError: for a variant that was not exported, listing those that were.
    """
    rows = {row["variant"]: row for row in manifest["files"]}
    return rows[check_choice("variant", variant, rows)]


def keep_rows(model_dir: Path, rebuilt: set[str], report: Callable[[str], None]) -> list[Row]:
    """Return the rows of the old manifest that are still true and were not rebuilt; say which are dropped and why.

    A row is true while the weights are still the ones it was made from and its file, if it is there, has the SHA-256
    that it states: a file that git does not carry comes back byte for byte. A manifest that cannot be read keeps
    nothing.
    """
    if not (model_dir / MANIFEST_FILE).is_file():
        return []
    try:
        old = read_manifest(model_dir)
    except ManifestError as problem:
        report(f"old manifest dropped: {problem}")
        return []
    if old["weights"] != sha256_of(model_dir / WEIGHTS_FILE):
        report(f"old rows of {MANIFEST_FILE} dropped: they were made from other weights; export those variants again")
        return []
    kept = []
    for row in old["files"]:
        if row["variant"] in rebuilt:
            continue
        if is_absent(model_dir, row) or is_intact(model_dir, row):
            kept.append(row)
        else:
            report(
                f"{row['variant']}: row dropped from {MANIFEST_FILE}, {row['file']} has changed since it was checked"
            )
    return kept


def is_absent(model_dir: Path, row: Row) -> bool:
    """Tell whether a row's file is not there."""
    return not (model_dir / row["file"]).exists()


def is_intact(model_dir: Path, row: Row) -> bool:
    """Tell whether a row's file is there and is the one that was checked."""
    path = model_dir / row["file"]
    return path.is_file() and sha256_of(path) == row["sha256"]
