"""The schema of a prepared data set: its arrays, `metadata.json`, and `progress.json` of an unfinished set."""

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from kakitori.errors import DataError
from kakitori.schemas.config import Count, Licence
from kakitori.schemas.reader import read_document

METADATA_FILE, PROGRESS_FILE = "metadata.json", "progress.json"
PREPARE_AGAIN = "prepare the set again with `invoke data`"
NPY_MAGIC = b"\x93NUMPY"


class SplitFacts(Struct):
    """How the images were divided."""

    how: str  # the rule, in words
    seed: int | None = None
    counts: dict[str, Count] = {}  # images of each split, by its name


class SourceFile(Struct, omit_defaults=True):
    """A file, or a font face, that images come from."""

    path: str
    bytes: Count
    sha256: str  # hexadecimal
    records: Count = 0  # images in the file
    face: str = ""  # this and the following: of font faces
    style: str = ""
    holder: str = ""  # of the copyright
    licence: str = ""


class Preprocessing(Struct):
    """How an image was fitted into its square."""

    fit: str = "levels"  # a key of training.data.published.prepare.FITS
    margin: Annotated[float, Meta(ge=0, lt=0.5)] = 0.05  # share of the side left free on each side


class PreparedMetadata(Struct, omit_defaults=True):
    """`metadata.json` of a prepared set of K classes."""

    name: str
    charset: str
    characters: list[str]  # (K,) in the order of the class indices
    digest: str  # of the characters, see kakitori.charset.digest_of
    size: Annotated[int, Meta(ge=1, le=1024)]  # side of an image, in pixels
    count: Count  # images
    split: SplitFacts
    files: list[SourceFile]
    preprocessing: Preprocessing
    licence: Licence
    num_classes: Count = 0
    class_counts: list[Count] = []  # (K,) images of each class
    plan: str = ""  # fingerprint of everything that decides the content
    augmentation: str = "hand"  # a key of training.data.stored.AUGMENTATIONS
    bad: list[str] = []  # images left out, each with its place and the reason
    skipped: list[str] = []  # files of a folder of pictures that are no picture of a class, each with the reason
    outside_charset: Count = 0  # images of characters that the charset lacks
    writers: str = ""  # what the numbers in writers.npy mean
    writer_names: list[str] | None = None  # by writer number
    missing: dict[str, list[str]] = {}  # characters that a font face lacks, by face


def row_bytes(size: int) -> dict[str, int]:
    """Return the bytes of one row of each array of a set with images of `size` pixels, by the name of its file."""
    return {"images": size * size, "labels": 4, "writers": 4, "splits": 1, "records": 16}


def check_files(folder: Path) -> PreparedMetadata:
    """Return the metadata of a prepared set whose arrays have the length that it gives. Does not need NumPy.

    Raises:
        DataError: if the metadata is missing or wrong, or an array is missing, cut short, or of another format.
    """
    metadata = read_document(folder / METADATA_FILE, PreparedMetadata, DataError, PREPARE_AGAIN)
    for name, size in row_bytes(metadata.size).items():
        path, expected = folder / f"{name}.npy", size * metadata.count
        try:
            with path.open("rb") as file:
                magic, length = file.read(len(NPY_MAGIC)), path.stat().st_size
        except OSError as problem:
            raise DataError(f"{path} cannot be read ({problem.strerror}): {PREPARE_AGAIN}.") from problem
        if magic != NPY_MAGIC or length < expected:
            raise DataError(f"{path} has {length:,} bytes, expected an .npy file of {expected:,}: {PREPARE_AGAIN}.")
    return metadata


class Progress(Struct):
    """`progress.json`: the units of work that an interrupted preparation has finished."""

    plan: str
    done: dict[str, Any]  # by unit, the facts recorded about it
