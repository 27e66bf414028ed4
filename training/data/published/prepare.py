"""Prepare a published set, or a folder of pictures.

Needs:  the files; for scikit-learn's digits nothing
Run:    invoke data --source kmnist --from DIR [--size 64]
Writes: datasets/<name>-<size>/ (see training.data.prepared)
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kakitori.errors import DataError, check_choice
from kakitori.files import sha256_of
from kakitori.picture import rasterise_image
from kakitori.schemas.prepared import METADATA_FILE
from kakitori.spec import ModelSpec
from training.data.levels import rasterise_levels
from training.data.prepared import RECORD, TEST, TRAIN, VALIDATION, PreparedSet, prepared_folder
from training.data.prepared_writer import UNLABELLED, PreparedWriter
from training.data.published.pictures import list_first
from training.data.published.sets import PUBLISHED, Found, Images, Part, PublishedSet
from training.progress.display import Bar

SEED = 1
HELD_BACK = 0.1  # share of the training images for validation; without a published split, the same share for the test
CHUNK = 1024  # images fitted and written between two updates of the progress file

Fitted = tuple[np.ndarray, dict[int, str]]  # (N, S, S) uint8 coverage; the problem of each bad image, by its number
Fit = Callable[[Images, int], Fitted]


def fit_levels(images: Images, size: int) -> Fitted:
    """Return grey images (N, H, W) uint8 with their ink located and fitted, all in one call."""
    fitted, inked = rasterise_levels(np.ascontiguousarray(images), 255, size, ModelSpec.margin)
    return fitted, {int(n): "The picture shows no ink." for n in np.flatnonzero(~inked)}


def fit_pictures(images: Images, size: int) -> Fitted:
    """Return pictures (H, W, 4) uint8 of different sizes with their ink located and fitted, one by one."""
    fitted, problems = np.zeros((len(images), size, size), np.uint8), {}
    for n in range(len(images)):
        try:
            fitted[n] = np.round(255 * rasterise_image(images[n], size, ModelSpec.margin))
        except DataError as problem:
            problems[n] = str(problem)
    return fitted, problems


def fit_whole(images: Images, size: int) -> Fitted:
    """Return photographs (H, W, 3) uint8 as whole grey images, scaled; white is 0. No ink is located."""
    greys = (Image.fromarray(images[n]).convert("L") for n in range(len(images)))
    return np.stack([255 - np.asarray(g.resize((size, size), Image.Resampling.BILINEAR)) for g in greys]), {}


# By the `fit` of a published set.
FITS: dict[str, Fit] = {"levels": fit_levels, "picture": fit_pictures, "whole": fit_whole}


def prepare_published(
    name: str, folder: Path | None, size: int, skip_bad: bool = False, report: Callable[[str], None] = print
) -> PreparedSet:
    """Prepare a published set from the files in a folder; an interrupted run is resumed.

    Raises:
        DataError: for files that are missing or damaged, or an image without ink (left out and counted with
            `skip_bad`); the file and record are named.
    """
    published = PUBLISHED[check_choice("source", name, PUBLISHED)]
    if folder is None and published.needs_files:
        raise DataError(f"--source {name} needs its files: name their folder with --from. {published.licence['url']}")
    found, files = find_published(published, folder)
    parts = found.parts
    count = sum(len(part.labels) for part in parts)
    plan = {"name": name, "files": files, "margin": ModelSpec.margin, "seed": SEED, "skip_bad": skip_bad}
    writer = PreparedWriter(prepared_folder(name, size), found.charset, size, count, plan)
    bad = fill(writer, parts, FITS[published.fit], skip_bad)
    write_splits(writer, parts)
    prepared = writer.finish(
        {
            "name": name,
            "files": files,
            "licence": published.licence,
            "split": {"how": split_rule(parts), "seed": SEED},
            "preprocessing": {"fit": published.fit, "margin": ModelSpec.margin},
            "bad": bad,
            "skipped": list(found.skipped),
        },
        dropped=len(bad),
    )
    for line in describe(prepared, found.notes):
        report(line)
    return prepared


def find_published(published: PublishedSet, folder: Path | None) -> tuple[Found, list[dict[str, Any]]]:
    """Return the content of a set's files, and the facts of each file.

    Raises:
        DataError: if a file is missing, damaged or cannot be read.
    """
    try:
        found = published.find(folder)
        return found, [describe_file(path, len(part.labels) // len(part.paths))
                       for part in found.parts for path in part.paths]  # fmt: skip
    except OSError as problem:
        raise DataError(f"{problem.filename} cannot be read ({problem.strerror}): see its permissions.") from problem


def describe(prepared: PreparedSet, notes: Sequence[str] = ()) -> list[str]:
    """Return the report: notes, the first LISTED images left out and files skipped, and the counts."""
    facts = prepared.metadata
    lines = list(notes)
    for verb, problems in (("Left out", facts.bad), ("Skipped", facts.skipped)):
        lines += list_first(verb, problems, f", listed in {prepared.folder / METADATA_FILE}.")
    splits = "".join(f", {n:,} {split}" for split, n in facts.split.counts.items())
    skipped = f", {len(facts.skipped):,} files or folders skipped" if facts.skipped else ""
    return [*lines, f"{prepared.folder}: {len(prepared):,} images of {len(prepared.charset):,} classes{splits}, "
            f"{len(facts.bad):,} left out{skipped}."]  # fmt: skip


def describe_file(path: Path, records: int) -> dict[str, Any]:
    """Return a source file's path, bytes, SHA-256 and number of images."""
    return {"path": str(path), "bytes": path.stat().st_size, "sha256": sha256_of(path), "records": records}


def fill(writer: PreparedWriter, parts: list[Part], fit: Fit, skip_bad: bool) -> list[str]:
    """Write the images, labels and records of all parts that are not written yet; return the problems of the bad ones.

    Raises:
        DataError: for the first bad image, unless `skip_bad`.
    """
    chunks = [(p, first) for p, part in enumerate(parts) for first in range(0, len(part.labels), CHUNK)]
    with Bar("Fitting images", sum(len(part.labels) for part in parts), "images") as bar:
        for p, first in chunks:
            count = min(CHUNK, len(parts[p].labels) - first)
            if f"{p}.{first}" in writer.done:
                bar.skip(count)
            else:
                fill_chunk(writer, parts, p, first, fit, skip_bad)
                bar.advance(count)
    return [problem for problems in writer.done.values() for problem in problems]


def fill_chunk(writer: PreparedWriter, parts: list[Part], p: int, first: int, fit: Fit, skip_bad: bool) -> None:
    """Write up to CHUNK images of part `p`, from its image `first` on: see `fill`."""
    part, stop = parts[p], min(first + CHUNK, len(parts[p].labels))
    images, problems = fit(part.images[first:stop], writer.size)
    bad = [f"{part.place(first + n)}: {problem}" for n, problem in problems.items()]
    if bad and not skip_bad:
        raise DataError(f"{bad[0]} --skip-bad leaves such images out.")
    labels = np.array(part.labels[first:stop], np.int32)
    labels[list(problems)] = UNLABELLED
    records = provenance(part, range(first, stop), sum(len(earlier.paths) for earlier in parts[:p]))
    row = sum(len(earlier.labels) for earlier in parts[:p]) + first
    writer.write(row, images=images, labels=labels, records=records)
    writer.mark_done(f"{p}.{first}", bad)


def provenance(part: Part, records: range, first_file: int) -> np.ndarray:
    """Return the RECORD rows of some records of a part whose first file has number `first_file`."""
    rows = np.zeros(len(records), RECORD)
    rows["file"] = first_file if len(part.paths) < 2 else np.arange(first_file, first_file + len(records)) + records[0]
    rows["record"] = records if len(part.paths) < 2 else 0
    rows["offset"] = part.header + rows["record"].astype(np.int64) * part.stride
    return rows


def write_splits(writer: PreparedWriter, parts: list[Part]) -> None:
    """Write the split of every image."""
    labels, row = writer.read("labels"), 0
    for part in parts:
        writer.write(row, splits=split_part(labels[row : row + len(part.labels)], part.split))
        row += len(part.labels)


def split_part(labels: np.ndarray, published: str | None, seed: int = SEED) -> np.ndarray:
    """Return the split (N,) uint8 of each image of a part, drawn class by class with a seeded generator.

    A tenth of the images published for training is for validation; of images without a published split, a tenth is for
    validation and a tenth for the test. All images of a class with fewer than 3 are for training.
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
    """Return the rule by which images were divided, in words."""
    if all(part.split is None for part in parts):
        return "by image, 80/10/10 in every class; the writers are unknown, and one may be in several splits"
    return "test as published; a tenth of the published training images of every class is validation"
