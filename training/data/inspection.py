"""Look at a prepared set: figures, pictures, and whether its classes show the characters that they are named after.

Needs:  a prepared set
Run:    invoke data --inspect NAME [--size 64]
Writes: runs/<name>-<size>/ contact_sheet.png, training_images.png, mean_images.png, class_balance.png
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from kakitori.charset import Charset
from kakitori.files import replacing
from training.data.contact_sheet import write_sheet
from training.data.drawing_speed import drawing_speed
from training.data.prepared import SPLITS, TRAIN, PreparedSet
from training.data.stored import StoredSource
from training.ink.kanjivg import drawable
from training.ink.source import InkSource

CHUNK = 4096  # images read at a time
SHEET_ROWS, SHEET_COLUMNS = 16, 16  # classes, images of each
MEANS, MEAN_COLUMNS = 400, 20
LANDMARK = "田"  # JIS 4544: if the order of the classes is off by one anywhere before it, it shows
COMPARED_SIDE, IMITATIONS, SEED = 32, 16, 4


@dataclass(frozen=True)
class Survey:
    """What one pass over a set finds. K classes."""

    means: np.ndarray  # (K, S, S) float32 in [0, 1], the mean image of each class
    counts: np.ndarray  # (splits, K)
    blank: int  # images without ink
    ink: float  # mean coverage of all pixels


@dataclass(frozen=True)
class Likeness:
    """How well a set's classes look like their characters as KanjiVG has them."""

    compared: int  # classes of which KanjiVG has strokes
    own_first_percent: float  # those whose mean image looks more like their own character than like any other of them
    own_in_ten_percent: float  # those with fewer than ten others that it looks more like
    landmark: tuple[int, int, str] | None  # class of 田, at which place it looks like 田 (1 is first), what is first


def survey(prepared: PreparedSet) -> Survey:
    """Return the means and counts of a set, read in chunks."""
    size, classes = prepared.size, len(prepared.charset)
    sums, blank, ink = np.zeros((classes, size * size), np.float32), 0, 0.0
    for first in track(range(0, len(prepared), CHUNK), "Reading images", transient=True):
        images = prepared.images[first : first + CHUNK].reshape(-1, size * size)
        for label, image in zip(prepared.labels[first : first + CHUNK], images, strict=True):
            sums[label] += image  # a dozen times faster than np.add.at
        blank += int((images.max(axis=1) == 0).sum())
        ink += float(images.mean(dtype=np.float64)) * len(images)
    counts = np.stack([np.bincount(prepared.labels[prepared.rows(s)], minlength=classes) for s in SPLITS])
    means = sums / (255 * np.maximum(counts.sum(axis=0), 1)[:, None])
    return Survey(means.reshape(-1, size, size), counts, blank, ink / (255 * len(prepared)))


def compare_shapes(means: np.ndarray, charset: Charset) -> Likeness | None:
    """Return how much the mean images (K, S, S) of classes look like their characters in ink made from KanjiVG.

    Likeness is the correlation, at COMPARED_SIDE pixels, of what sets a class apart from the mean of all. None where
    KanjiVG has fewer than 2 of the characters.
    """
    there = drawable(charset)
    known = [index for index, c in enumerate(charset.characters) if c in there and means[index].any()]
    if len(known) < 2:
        return None
    characters = [charset.characters[index] for index in known]
    source = InkSource(Charset("compared", tuple(characters)))
    images = source.images(np.repeat(np.arange(len(known)), IMITATIONS), COMPARED_SIDE, [SEED])
    drawn = images.reshape(len(known), IMITATIONS, -1).mean(axis=1)
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
    """Return the image (S, S) as (side, side), by the mean of its pixels or, where S is no multiple, by the nearest."""
    size = len(image)
    if size % side == 0:
        return image.reshape(side, size // side, side, size // side).mean(axis=(1, 3))
    nearest = (np.arange(side) + 0.5) * size // side
    return image[np.ix_(nearest.astype(int), nearest.astype(int))]


def standardise(rows: np.ndarray) -> np.ndarray:
    """Return rows (N, P) without what they have in common, each with mean 0 and length 1."""
    apart = rows - rows.mean(axis=0)
    centred = apart - apart.mean(axis=1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)


def inspect_prepared(prepared: PreparedSet, folder: Path, report: Callable[[str], None] = print) -> None:
    """Report the figures of a set and write its pictures to a folder."""
    found = survey(prepared)
    for line in describe(prepared, found, compare_shapes(found.means, prepared.charset)):
        report(line)
    source = StoredSource(prepared.folder, prepared.charset)
    trained = np.flatnonzero(source.counts(TRAIN))
    speed, images = drawing_speed(source, np.random.default_rng(SEED).permutation(trained)[:512], prepared.size)
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
    """Return the figures in words."""
    totals, charset = found.counts.sum(axis=0), prepared.charset
    fewest, most = int(totals.argmin()), int(totals.argmax())
    writers = len(np.unique(prepared.writers[prepared.writers >= 0]))
    lines = [
        f"{prepared.folder}: {len(prepared):,} images of {prepared.size} x {prepared.size} pixels, {len(charset):,} "
        f"classes of charset {charset.name!r}, {writers or 'unknown'} writers or groups of them.",
        "Split: " + ", ".join(f"{n:,} {split}" for split, n in zip(SPLITS, found.counts.sum(axis=1), strict=True))
        + f"; {prepared.metadata['split']['how']}.",
        f"Balance: from {totals[fewest]:,} images ({charset.characters[fewest]}) to {totals[most]:,} "
        f"({charset.characters[most]}) a class, median {int(np.median(totals)):,}; classes without any to "
        + ", ".join(f"{split}: {int((c == 0).sum()):,}" for split, c in zip(SPLITS, found.counts, strict=True)) + ".",
        f"Ink: {100 * found.ink:.1f} % of all pixels; {found.blank:,} images without any.",
    ]  # fmt: skip
    if likeness is None:
        return [*lines, "Shapes: KanjiVG has none of these classes, so they were not compared."]
    lines.append(
        f"Shapes: of {likeness.compared:,} classes that KanjiVG has, {likeness.own_first_percent:.2f} % look most like "
        f"their own character, and {likeness.own_in_ten_percent:.2f} % have it among the ten they look most like."
    )
    if likeness.landmark is None:
        return [*lines, f"{LANDMARK} is not in this set."]
    index, place, first = likeness.landmark
    where = f"{LANDMARK} is class {index}, JIS {charset.jis(index)}, and its images look "
    verdict = "most like it: it is where it should be." if place == 1 else (
        f"most like {first}, with {LANDMARK} at place {place}: look at mean_images.png."
    )  # fmt: skip
    return [*lines, where + verdict]


def sample_rows(prepared: PreparedSet, counts: np.ndarray) -> np.ndarray:
    """Return SHEET_COLUMNS images (seeded, blank where a class has fewer) of each of SHEET_ROWS classes in order."""
    classes = spread(np.flatnonzero(counts.sum(axis=0)), SHEET_ROWS)
    sheet = np.zeros((len(classes), SHEET_COLUMNS, prepared.size, prepared.size), np.uint8)
    rng = np.random.default_rng(SEED)
    for row, label in zip(sheet, classes, strict=True):
        chosen = np.sort(rng.permutation(np.flatnonzero(prepared.labels == label))[:SHEET_COLUMNS])
        row[: len(chosen)] = prepared.images[chosen]
    return sheet.reshape(-1, prepared.size, prepared.size)


def plot_balance(counts: np.ndarray, path: Path) -> None:
    """Write how many images of each split the classes have, the fullest first."""
    from matplotlib.figure import Figure

    order = np.argsort(-counts.sum(axis=0), kind="stable")
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.stackplot(np.arange(len(order)), counts[:, order], labels=SPLITS, colors=("#2f3f52", "#8a8478", "#c8402f"))
    axes.set(xlabel="classes, the fullest first", ylabel="images", ylim=(0, None), xlim=(0, max(1, len(order) - 1)))
    axes.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
