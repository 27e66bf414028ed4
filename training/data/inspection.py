"""Inspect a prepared set: figures, pictures, and a comparison of its classes with the characters they are named after.

Needs:  a prepared set
Run:    invoke data --inspect NAME [--size 64]
Writes: runs/<name>-<size>/ contact_sheet.png, training_images.png, mean_images.png, class_balance.png
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kakitori.charset import Charset, get_charset
from kakitori.errors import DataError
from kakitori.files import replacing
from kakitori.folders import explain_unwritable
from training.data.prepared import SPLITS, TRAIN, PreparedSet
from training.data.registry import Source
from training.data.stored import StoredSource
from training.ink.kanjivg import drawable
from training.ink.source import InkSource
from training.progress.display import Bar

CHUNK = 4096  # images read at a time
SHEET_ROWS, SHEET_COLUMNS = 16, 16  # classes, images of each
MEANS, MEAN_COLUMNS = 400, 20
LANDMARK = "田"  # JIS 4544: an error in the order of the classes before it makes its images look like its neighbour
COMPARED_SIDE, GENERATED_EACH, SEED = 32, 16, 4
GAP, GAP_LEVEL = 2, 200  # pixels between the images of a sheet, and their grey level
BENCH_SIDES, BENCH_SECONDS = (32, 48, 64), 2.0  # the seconds are for each side, after one batch to warm up
BENCH_BATCH = 512


@dataclass(frozen=True)
class Survey:
    """The figures that one pass over a set of K classes collects."""

    means: np.ndarray  # (K, S, S) float32 in [0, 1], the mean image of each class
    counts: np.ndarray  # (splits, K) images
    blank: int  # images without ink
    ink: float  # mean coverage of all pixels


@dataclass(frozen=True)
class Likeness:
    """How similar the mean images of a set's classes are to their characters in KanjiVG."""

    compared: int  # classes that KanjiVG has strokes of
    own_first_percent: float  # share of them whose mean image is most similar to their own character
    own_in_ten_percent: float  # share of them whose own character is among the ten most similar
    landmark: tuple[int, int, str] | None  # class of LANDMARK, the rank of LANDMARK among its characters, the first


def survey(prepared: PreparedSet) -> Survey:
    """Return the mean images and counts of a set, which is read in chunks."""
    size, classes = prepared.size, len(prepared.charset)
    sums, blank, ink = np.zeros((classes, size * size), np.float32), 0, 0.0
    with Bar("Reading images", len(prepared), "images") as bar:
        for first in range(0, len(prepared), CHUNK):
            images = prepared.images[first : first + CHUNK].reshape(-1, size * size)
            for label, image in zip(prepared.labels[first : first + CHUNK], images, strict=True):
                sums[label] += image  # a dozen times faster than np.add.at
            blank += int((images.max(axis=1) == 0).sum())
            ink += float(images.mean(dtype=np.float64)) * len(images)
            bar.advance(len(images))
    counts = np.stack([np.bincount(prepared.labels[prepared.rows(s)], minlength=classes) for s in SPLITS])
    means = sums / (255 * np.maximum(counts.sum(axis=0), 1)[:, None])
    return Survey(means.reshape(-1, size, size), counts, blank, ink / (255 * len(prepared)))


def compare_shapes(means: np.ndarray, charset: Charset) -> Likeness | None:
    """Return the similarity of the mean images (K, S, S) of classes to their characters in ink generated from KanjiVG.

    Similarity is the correlation, at COMPARED_SIDE pixels, of the differences from the mean of all classes. None where
    KanjiVG has fewer than 2 of the characters.
    """
    there = drawable(charset)
    known = [index for index, c in enumerate(charset.characters) if c in there and means[index].any()]
    if len(known) < 2:
        return None
    characters = [charset.characters[index] for index in known]
    source = InkSource(Charset("compared", tuple(characters)))
    images = source.images(np.repeat(np.arange(len(known)), GENERATED_EACH), COMPARED_SIDE, [SEED])
    drawn = images.reshape(len(known), GENERATED_EACH, -1).mean(axis=1)
    shrunk = np.stack([shrink(means[index], COMPARED_SIDE) for index in known]).reshape(len(known), -1)
    likeness = standardise(shrunk) @ standardise(drawn).T
    places = (likeness > np.diagonal(likeness)[:, None]).sum(axis=1)
    landmark = None
    if LANDMARK in characters:
        row = characters.index(LANDMARK)
        landmark = known[row], int(places[row]) + 1, characters[int(likeness[row].argmax())]
    first, in_ten = (round(100 * float((places < k).mean()), 2) for k in (1, 10))
    return Likeness(len(known), first, in_ten, landmark)


def shrink(image: np.ndarray, side: int) -> np.ndarray:
    """Return the image (S, S) as (side, side): means of blocks where S is a multiple of `side`, else nearest pixels."""
    size = len(image)
    if size % side == 0:
        return image.reshape(side, size // side, side, size // side).mean(axis=(1, 3))
    nearest = (np.arange(side) + 0.5) * size // side
    return image[np.ix_(nearest.astype(int), nearest.astype(int))]


def standardise(rows: np.ndarray) -> np.ndarray:
    """Return rows (N, P) minus their mean row, each scaled to mean 0 and length 1."""
    apart = rows - rows.mean(axis=0)
    centred = apart - apart.mean(axis=1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)


def inspect_prepared(prepared: PreparedSet, folder: Path, report: Callable[[str], None] = print) -> None:
    """Report the figures of a set and write its pictures to a folder.

    Raises:
        DataError: if a picture cannot be written.
    """
    found = survey(prepared)
    for line in describe(prepared, found, compare_shapes(found.means, prepared.charset)):
        report(line)
    source = StoredSource(prepared.folder, prepared.charset)
    trained = np.flatnonzero(source.counts(TRAIN))
    speed, images = drawing_speed(source, np.random.default_rng(SEED).permutation(trained)[:BENCH_BATCH], prepared.size)
    report(f"Training images: {speed:,.0f} a second on one core, over {images:,} images.")
    write_sheet(sample_rows(prepared, found.counts), SHEET_COLUMNS, folder / "contact_sheet.png")
    drawn = source.images(np.repeat(spread(trained, SHEET_ROWS), SHEET_COLUMNS), prepared.size, [TRAIN, SEED])
    write_sheet(drawn, SHEET_COLUMNS, folder / "training_images.png")
    shown = spread(np.arange(len(found.means)), MEANS)
    means = np.round(255 * found.means[shown]).astype(np.uint8)
    write_sheet(means, min(MEAN_COLUMNS, len(means)), folder / "mean_images.png")
    plot_balance(found.counts, folder / "class_balance.png")
    report(
        f"{folder}: contact_sheet.png (as stored), training_images.png (as trained on), mean_images.png "
        f"({len(shown)} classes), class_balance.png."
    )


def spread(classes: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the classes, evenly spaced, in order."""
    return classes[np.unique(np.linspace(0, len(classes) - 1, min(count, len(classes))).astype(int))]


def describe(prepared: PreparedSet, found: Survey, likeness: Likeness | None) -> list[str]:
    """Return the figures as sentences."""
    totals, charset = found.counts.sum(axis=0), prepared.charset
    fewest, most = int(totals.argmin()), int(totals.argmax())
    writers = len(np.unique(prepared.writers[prepared.writers >= 0]))
    lines = [
        f"{prepared.folder}: {len(prepared):,} images of {prepared.size} x {prepared.size} pixels, {len(charset):,} "
        f"classes of charset {charset.name!r}, {writers or 'unknown'} writers or groups of writers.",
        "Split: " + ", ".join(f"{n:,} {split}" for split, n in zip(SPLITS, found.counts.sum(axis=1), strict=True))
        + f"; {prepared.metadata.split.how}.",
        f"Balance: from {totals[fewest]:,} images ({charset.characters[fewest]}) to {totals[most]:,} "
        f"({charset.characters[most]}) a class, median {int(np.median(totals)):,}; classes without images in "
        + ", ".join(f"{split}: {int((c == 0).sum()):,}" for split, c in zip(SPLITS, found.counts, strict=True)) + ".",
        f"Ink: {100 * found.ink:.1f} % of all pixels; {found.blank:,} images without ink.",
    ]  # fmt: skip
    if likeness is None:
        return [*lines, "Shapes: not compared, KanjiVG has fewer than two of these classes."]
    lines.append(
        f"Shapes: of {likeness.compared:,} classes that KanjiVG has, {likeness.own_first_percent:.2f} % are most "
        f"similar to their own character, and {likeness.own_in_ten_percent:.2f} % have it among the ten most similar."
    )
    if likeness.landmark is None:
        return [*lines, f"{LANDMARK} is not in this set."]
    index, place, first = likeness.landmark
    where = f"{LANDMARK} is class {index}, JIS {charset.jis(index)}, and its images are most similar to "
    if place == 1:
        return [*lines, f"{where}it, as expected."]
    return [*lines, f"{where}{first}, with {LANDMARK} at rank {place}: see mean_images.png."]


def sample_rows(prepared: PreparedSet, counts: np.ndarray) -> np.ndarray:
    """Return SHEET_COLUMNS seeded images, blank where a class has fewer, of each of SHEET_ROWS classes in order."""
    classes = spread(np.flatnonzero(counts.sum(axis=0)), SHEET_ROWS)
    sheet = np.zeros((len(classes), SHEET_COLUMNS, prepared.size, prepared.size), np.uint8)
    rng = np.random.default_rng(SEED)
    for row, label in zip(sheet, classes, strict=True):
        chosen = np.sort(rng.permutation(np.flatnonzero(prepared.labels == label))[:SHEET_COLUMNS])
        row[: len(chosen)] = prepared.images[chosen]
    return sheet.reshape(-1, prepared.size, prepared.size)


def plot_balance(counts: np.ndarray, path: Path) -> None:
    """Write a chart of the images of each split by class, the largest class first."""
    from matplotlib.figure import Figure

    order = np.argsort(-counts.sum(axis=0), kind="stable")
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.stackplot(np.arange(len(order)), counts[:, order], labels=SPLITS, colors=("#2f3f52", "#8a8478", "#c8402f"))
    axes.set(xlabel="classes, the largest first", ylabel="images", ylim=(0, None), xlim=(0, max(1, len(order) - 1)))
    axes.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def tile(images: np.ndarray, columns: int, zoom: int = 1) -> np.ndarray:
    """Return images (N, H, W) uint8 coverage, 255 is ink, as one dark-on-light uint8 picture, `zoom` times larger."""
    rows = -(-len(images) // columns)
    height, width = images.shape[1] + GAP, images.shape[2] + GAP
    sheet = np.full((rows * height + GAP, columns * width + GAP), GAP_LEVEL, np.uint8)
    for n, image in enumerate(images):
        top, left = n // columns * height + GAP, n % columns * width + GAP
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = 255 - image
    return np.kron(sheet, np.ones((zoom, zoom), np.uint8))


def write_sheet(images: np.ndarray, columns: int, path: Path, zoom: int = 1) -> None:
    """Write `tile(images, columns, zoom)` as a PNG.

    Raises:
        DataError: if the file cannot be written.
    """
    try:
        with replacing(path) as temporary:
            Image.fromarray(tile(images, columns, zoom)).save(temporary, format="PNG")
    except OSError as problem:
        reason, mend = explain_unwritable(path.parent, problem)
        raise DataError(f"{path} cannot be written, {reason}: run `{mend}`.") from problem


def bench_ink() -> list[dict[str, Any]]:
    """Return a row for each of BENCH_SIDES: augmented images a second on one core, and the number of images drawn."""
    source = InkSource(get_charset("etl9g"))
    labels = np.random.default_rng(0).permutation(len(source.charset))[:BENCH_BATCH]
    rows = [(side, *drawing_speed(source, labels, side)) for side in BENCH_SIDES]
    return [{"side_px": side, "images_per_second": round(speed), "images": images} for side, speed, images in rows]


def drawing_speed(source: Source, labels: np.ndarray, side: int) -> tuple[float, int]:
    """Return training images of `side` pixels a second on one core, in batches of the labels, and the number drawn."""
    source.images(labels, side, [TRAIN, 0])
    started, batches = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < BENCH_SECONDS:
        batches += 1
        source.images(labels, side, [TRAIN, batches])
    return batches * len(labels) / elapsed, batches * len(labels)
