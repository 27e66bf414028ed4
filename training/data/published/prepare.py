"""From a published set's files, or a folder of pictures, to a prepared set.

Needs:  the files; for scikit-learn's digits nothing
Run:    invoke data --source kmnist --from DIR [--size 64]
Writes: datasets/<name>-<size>/ (see training.data.prepared)
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.progress import track

from kakitori.errors import DataError, check_choice
from kakitori.picture import rasterise_image, rasterise_levels
from kakitori.spec import ModelSpec
from training.data.prepared import (
    RECORD,
    TEST,
    TRAIN,
    UNLABELLED,
    VALIDATION,
    PreparedSet,
    PreparedWriter,
    prepared_folder,
)
from training.data.published.sets import PUBLISHED, Part

SEED = 1
HELD_BACK = 0.1  # of the training images becomes validation; of images that nobody has divided, another tenth test
CHUNK = 1024  # images between two notes of progress
LISTED = 20  # bad images named on the terminal; metadata.json has all


Fitted = tuple[np.ndarray, dict[int, str]]  # (N, S, S) uint8 coverage, and what is wrong with which of them
Fit = Callable[[Sequence[np.ndarray], int], Fitted]


def fit_levels(images: Sequence[np.ndarray], size: int) -> Fitted:
    """Return the images (N, H, W) uint8 found and fitted as pictures are, all at once."""
    fitted, inked = rasterise_levels(np.ascontiguousarray(images), 255, size, ModelSpec.margin)
    return fitted, {int(n): "The picture shows no ink." for n in np.flatnonzero(~inked)}


def fit_pictures(images: Sequence[np.ndarray], size: int) -> Fitted:
    """Return the pictures (H, W, 4) uint8 fitted one by one: each has its own size."""
    fitted, problems = np.zeros((len(images), size, size), np.uint8), {}
    for n in range(len(images)):
        try:
            fitted[n] = np.round(255 * rasterise_image(images[n], size, ModelSpec.margin))
        except DataError as problem:
            problems[n] = str(problem)
    return fitted, problems


def fit_whole(images: Sequence[np.ndarray], size: int) -> Fitted:
    """Return photographs (H, W, 3) uint8 as grey, whole, white as paper: there is no ink to find in them."""
    greys = (Image.fromarray(image).convert("L") for image in images)
    return np.stack([255 - np.asarray(g.resize((size, size), Image.Resampling.BILINEAR)) for g in greys]), {}


# By the name in the table of published sets.
FITS: dict[str, Fit] = {"levels": fit_levels, "picture": fit_pictures, "whole": fit_whole}


def prepare_published(
    name: str, folder: Path | None, size: int, skip_bad: bool = False, report: Callable[[str], None] = print
) -> PreparedSet:
    """Prepare a published set from the files in a folder; an interrupted run goes on where it stopped.

    Raises:
        DataError: for files that are missing or damaged, or an image without ink (left out and counted with
            `skip_bad`); the file and record are named.
    """
    published = PUBLISHED[check_choice("source", name, PUBLISHED)]
    if folder is None and published.needs_files:
        raise DataError(f"--source {name} needs its files: name their folder with --from. {published.licence['url']}")
    try:
        charset, parts = published.find(folder)
        files = [describe_file(path, len(part.labels) // len(part.paths)) for part in parts for path in part.paths]
    except OSError as problem:
        raise DataError(f"{problem.filename} cannot be read ({problem.strerror}): see its permissions.") from problem
    count = sum(len(part.labels) for part in parts)
    plan = {"name": name, "files": files, "margin": ModelSpec.margin, "seed": SEED, "skip_bad": skip_bad}
    writer = PreparedWriter(prepared_folder(name, size), charset, size, count, plan)
    bad = fill(writer, parts, FITS[published.fit], skip_bad)
    write_splits(writer, parts)
    for problem in bad[:LISTED]:
        report(f"Left out: {problem}")
    prepared = writer.finish(
        {
            "name": name,
            "files": files,
            "licence": published.licence,
            "split": {"how": split_rule(parts), "seed": SEED},
            "preprocessing": {"fit": published.fit, "margin": ModelSpec.margin},
            "bad": bad,
        },
        dropped=len(bad),
    )
    report(
        f"{prepared.folder}: {len(prepared):,} images of {len(charset):,} classes, "
        + ", ".join(f"{n:,} {split}" for split, n in prepared.metadata["split"]["counts"].items())
        + f", {len(bad)} left out."
    )
    return prepared


def describe_file(path: Path, records: int) -> dict[str, Any]:
    """Return a source file's path, bytes, SHA-256 and number of images."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "bytes": path.stat().st_size, "sha256": digest, "records": records}


def fill(writer: PreparedWriter, parts: list[Part], fit: Fit, skip_bad: bool) -> list[str]:
    """Write the images, labels and provenance of all parts that are not there yet; return what was wrong with which.

    Raises:
        DataError: for the first bad image, unless `skip_bad`.
    """
    starts = np.cumsum([0, *(len(part.labels) for part in parts)])
    chunks = [(p, first) for p, part in enumerate(parts) for first in range(0, len(part.labels), CHUNK)]
    for p, first in track([c for c in chunks if f"{c[0]}.{c[1]}" not in writer.done], "Fitting images"):
        part, stop = parts[p], min(first + CHUNK, len(parts[p].labels))
        images, problems = fit(part.images[first:stop], writer.size)
        bad = [f"{part.place(first + n)}: {problem}" for n, problem in problems.items()]
        if bad and not skip_bad:
            raise DataError(f"{bad[0]} --skip-bad leaves such images out.")
        labels = np.array(part.labels[first:stop], np.int32)
        labels[list(problems)] = UNLABELLED
        first_file = sum(len(earlier.paths) for earlier in parts[:p])
        records = provenance(part, range(first, stop), first_file)
        writer.write(int(starts[p]) + first, images=images, labels=labels, records=records)
        writer.mark_done(f"{p}.{first}", bad)
    return [problem for problems in writer.done.values() for problem in problems]


def provenance(part: Part, records: range, first_file: int) -> np.ndarray:
    """Return the RECORD rows of some records of a part whose first file has number `first_file`."""
    rows = np.zeros(len(records), RECORD)
    rows["file"] = first_file if len(part.paths) < 2 else np.arange(first_file, first_file + len(records)) + records[0]
    rows["record"] = records if len(part.paths) < 2 else 0
    rows["offset"] = part.header + rows["record"].astype(np.int64) * part.stride
    return rows


def write_splits(writer: PreparedWriter, parts: list[Part]) -> None:
    """Write which split every image belongs to."""
    labels, row = writer.read("labels"), 0
    for part in parts:
        writer.write(row, splits=split_part(labels[row : row + len(part.labels)], part.split))
        row += len(part.labels)


def split_part(labels: np.ndarray, published: str | None, seed: int = SEED) -> np.ndarray:
    """Return the split (N,) uint8 of each image of a part, class by class and seeded.

    Of images published for training a tenth is held back for validation; of images that nobody has divided, a tenth
    each for validation and test. A class with fewer than 3 images is for training alone.
    """
    splits = np.full(len(labels), TEST if published == "test" else TRAIN, np.uint8)
    if published == "test":
        return splits
    held = [VALIDATION] if published == "train" else [VALIDATION, TEST]
    rng = np.random.default_rng(seed)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        share = max(1, round(HELD_BACK * len(rows))) if len(rows) >= 3 else 0
        for n, split in enumerate(held):
            splits[rows[n * share : (n + 1) * share]] = split
    return splits


def split_rule(parts: list[Part]) -> str:
    """Return in words how images were divided."""
    if all(part.split is None for part in parts):
        return "by image, 80/10/10 in every class; the writers are unknown, so one hand may stand on both sides"
    return "test as published; a tenth of the published training images of every class is validation"
