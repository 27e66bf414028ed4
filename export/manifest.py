"""manifest.json: one row per ONNX file, everything that was measured about it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from export.errors import ManifestError
from kakitori.errors import check_choice
from kakitori.files import sha256_of
from kakitori.schemas.manifest import Manifest, ManifestRow
from kakitori.schemas.reader import read_document, write_document
from kakitori.spec import MANIFEST_FILE, WEIGHTS_FILE, ModelSpec


def build_manifest(model_dir: Path, spec: ModelSpec, rows: list[ManifestRow]) -> Manifest:
    """Return the content of manifest.json, rows sorted by variant; `weights` is the SHA-256 of the weights' file."""
    return Manifest(
        model=model_dir.resolve().name,
        charset=spec.charset,
        num_classes=spec.num_classes,
        digest=spec.digest,
        size=spec.size,
        weights=sha256_of(model_dir / WEIGHTS_FILE),
        files=sorted(rows, key=lambda row: row.variant),
    )


def write_manifest(manifest: Manifest, model_dir: Path) -> None:
    """Write a model directory's manifest.

    Raises:
        ManifestError: if a variant is listed twice; nothing is written then.
    """
    path = model_dir / MANIFEST_FILE
    _check_variants(manifest, path)
    write_document(path, manifest)


def read_manifest(model_dir: Path) -> Manifest:
    """Return a model directory's manifest.

    Raises:
        ManifestError: if it is missing, is not JSON, a field is missing or wrong, or a variant is listed twice.
    """
    path = model_dir / MANIFEST_FILE
    manifest = read_document(path, Manifest, ManifestError, "run `invoke export`")
    _check_variants(manifest, path)
    return manifest


def _check_variants(manifest: Manifest, path: Path) -> None:
    counts = Counter(row.variant for row in manifest.files)
    for variant, count in counts.items():
        if count > 1:
            raise ManifestError(f"{path}: variant {variant!r} is listed {count} times, expected once: export again.")


def find_row(manifest: Manifest, variant: str) -> ManifestRow:
    """Return the row of a variant.

    Raises:
        KakitoriError: for a variant that was not exported, listing those that were.
    """
    rows = {row.variant: row for row in manifest.files}
    return rows[check_choice("variant", variant, rows)]


def keep_rows(model_dir: Path, rebuilt: set[str], report: Callable[[str], None]) -> list[ManifestRow]:
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
    if old.weights != sha256_of(model_dir / WEIGHTS_FILE):
        report(f"old rows of {MANIFEST_FILE} dropped: they were made from other weights; export those variants again")
        return []
    kept = []
    for row in old.files:
        if row.variant in rebuilt:
            continue
        if is_absent(model_dir, row) or is_intact(model_dir, row):
            kept.append(row)
        else:
            report(
                f"{row.variant}: row dropped from {MANIFEST_FILE}, {row.file} has changed since it was checked"
            )
    return kept


def is_absent(model_dir: Path, row: ManifestRow) -> bool:
    """Tell whether a row's file is not there."""
    return not (model_dir / row.file).exists()


def is_intact(model_dir: Path, row: ManifestRow) -> bool:
    """Tell whether a row's file is there and is the one that was checked."""
    path = model_dir / row.file
    return path.is_file() and sha256_of(path) == row.sha256
