"""Labelled characters to evaluate on: stroke files, folders of pictures, generated ink, prepared sets."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kakitori.charset import Charset
from kakitori.errors import DataError
from kakitori.image_files import read_image
from kakitori.picture import rasterise_image
from kakitori.spec import GENERATED, ModelSpec
from kakitori.stroke_files import read_stroke_file
from training.data.prepared import TEST, PreparedSet
from training.data.published.pictures import Picture
from training.ink.rasteriser import rasterise
from training.ink.source import InkSource
from training.progress.display import track

TEST_IMAGES = 6000  # at least, of generated ink
JAPANESE = ("HIRAGANA", "KATAKANA", "CJK")  # first words of the Unicode names of kana and kanji


@dataclass(frozen=True)
class Sample:
    """One labelled character: its image, coverage (H, W) float32 in [0, 1], its source and its writer."""

    char: str
    coverage: np.ndarray
    source: str
    writer: str


def stroke_samples(path: Path, spec: ModelSpec) -> list[Sample]:
    """Return the drawings of a stroke file, rasterised as the spec says.

    Raises:
        DataError: if the file or a line cannot be used, or a line's character is refused by `check_readable`.
    """
    drawings = read_stroke_file(path)
    for drawing in drawings:
        check_readable(drawing.char, f"{path}, line {drawing.line}", spec.get_charset())
    return [
        Sample(d.char, rasterise(d.strokes, spec.size, spec.margin, spec.radius), d.source, d.writer)
        for d in track(drawings, "Rasterising", unit="drawings")
    ]


def check_readable(name: str, place: str, charset: Charset) -> None:
    """Raise DataError for a class name that is neither in the charset nor a single kana or kanji.

    Other kana and kanji pass: `evaluate` leaves them out and counts them.

    Args:
        name: a character, or a word of a charset whose classes are words.
        place: file and line, for the message.
        charset: of the model.
    """
    is_character = len(name) == 1
    if name in charset or (is_character and unicodedata.name(name, "").startswith(JAPANESE)):
        return
    shown = f"{name!r} (U+{ord(name):04X})" if is_character else repr(name)
    raise DataError(
        f"{place}: {shown} is neither in charset {charset.name!r} nor another kana or kanji: correct it, or leave it "
        "out."
    )


def picture_samples(
    pictures: Sequence[Picture], spec: ModelSpec, left_out: dict[Path, str] | None = None
) -> list[Sample]:
    """Return pictures of class folders (`find_pictures`), fitted as the spec says.

    Args:
        pictures: with their classes.
        spec: of the model.
        left_out: takes the problem of each picture that cannot be used, by its path, and the picture is left out; None
            to stop at the first.

    Raises:
        DataError: if a picture cannot be used and is not left out, all are left out, or a class is refused by
            `check_readable`.
    """
    samples: list[Sample] = []
    for picture in track(pictures, "Reading pictures", unit="pictures"):
        check_readable(picture.char, str(picture.path), spec.get_charset())
        try:
            coverage = fit_picture(picture.path, spec)
        except DataError as problem:
            if left_out is None:
                raise DataError(f"{problem} --skip-bad leaves such pictures out.") from problem
            left_out[picture.path] = str(problem)
        else:
            samples.append(Sample(picture.char, coverage, picture.source, "?"))
    if left_out and not samples:
        raise DataError(f"None of the {len(pictures):,} pictures can be used. {next(iter(left_out.values()))}")
    return samples


def fit_picture(path: Path, spec: ModelSpec) -> np.ndarray:
    """Return the coverage (H, W) of a picture file, fitted as the spec says.

    Raises:
        DataError: if it cannot be used, naming it.
    """
    pixels = read_image(path)
    try:
        return rasterise_image(pixels, spec.size, spec.margin)
    except DataError as problem:
        raise DataError(f"{path}: {problem}") from problem


def generated_samples(spec: ModelSpec) -> list[Sample]:
    """Return the images of generated ink's test split, the same in every call."""
    charset = spec.get_charset()
    images, labels = InkSource(charset).held_out(TEST, spec.size, TEST_IMAGES)
    return [
        Sample(charset.characters[label], image.astype(np.float32) / 255, GENERATED, "generated")
        for image, label in zip(images, labels, strict=True)
    ]


def prepared_samples(prepared: PreparedSet) -> Iterator[Sample]:
    """Yield the test images of a prepared set, reading each from the disk."""
    name = prepared.metadata.name
    for row in prepared.rows("test"):
        char = prepared.charset.characters[prepared.labels[row]]
        writer = prepared.writers[row]
        image = prepared.images[row] / np.float32(255)
        yield Sample(char, image, name, "unknown" if writer < 0 else f"writer {writer}")
