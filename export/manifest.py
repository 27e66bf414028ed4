"""The manifest of a model directory: building, writing, finding rows, and keeping those that still hold."""

from collections.abc import Callable
from pathlib import Path

from kakitori.errors import ModelError, check_choice
from kakitori.files import sha256_of
from kakitori.model_directory import check_variants, file_in, read_manifest
from kakitori.schemas.manifest import Manifest, ManifestRow
from kakitori.schemas.reader import write_document
from kakitori.spec import MANIFEST_FILE, ModelSpec, model_digest


def build_manifest(model_dir: Path, spec: ModelSpec, rows: list[ManifestRow]) -> Manifest:
    """Return the content of manifest.json, rows sorted by variant."""
    return Manifest(
        model=model_dir.resolve().name,
        charset=spec.charset,
        num_classes=spec.num_classes,
        digest=spec.digest,
        model_digest=model_digest(spec),
        size=spec.size,
        weights=spec.weights,
        files=sorted(rows, key=lambda row: row.variant),
    )


def write_manifest(manifest: Manifest, model_dir: Path) -> None:
    """Write a model directory's manifest.

    Raises:
        ModelError: if a field is wrong, fields of a row contradict each other, or a variant is listed twice; nothing is
            written then.
    """
    path = model_dir / MANIFEST_FILE
    check_variants(manifest, path)
    write_document(path, manifest, error=ModelError)


def find_row(manifest: Manifest, variant: str) -> ManifestRow:
    """Return the row of a variant.

    Raises:
        KakitoriError: for a variant that was not exported, listing those that were.
    """
    rows = {row.variant: row for row in manifest.files}
    return rows[check_choice("variant", variant, rows)]


def keep_rows(model_dir: Path, spec: ModelSpec, rebuilt: set[str], report: Callable[[str], None]) -> list[ManifestRow]:
    """Return the rows of the old manifest that still hold and were not rebuilt; report which are dropped and why.

    A row holds while the weights are those it was made from and its file, if it exists, has the SHA-256 that the row
    has: a file that git does not carry comes back byte for byte. A manifest that cannot be read has no rows to keep.
    """
    if not (model_dir / MANIFEST_FILE).is_file():
        return []
    try:
        old = read_manifest(model_dir)
    except ModelError as problem:
        report(f"old manifest dropped: {problem}")
        return []
    if old.weights != spec.weights:
        report(f"old rows of {MANIFEST_FILE} dropped: they were made from other weights; export those variants again")
        return []
    kept = []
    for row in old.files:
        if row.variant in rebuilt:
            continue
        if is_absent(model_dir, row) or is_intact(model_dir, row):
            kept.append(row)
        else:
            report(f"{row.variant}: row dropped from {MANIFEST_FILE}, {row.file} has changed since it was checked")
    return kept


def is_absent(model_dir: Path, row: ManifestRow) -> bool:
    """Return whether a row's file is missing.

    Raises:
        ModelError: if a link leads out of the model directory.
    """
    return not file_in(model_dir, row.file).exists()


def is_intact(model_dir: Path, row: ManifestRow) -> bool:
    """Return whether a row's file exists and is the one that was checked.

    Raises:
        ModelError: if a link leads out of the model directory.
    """
    path = file_in(model_dir, row.file)
    return path.is_file() and sha256_of(path) == row.sha256
