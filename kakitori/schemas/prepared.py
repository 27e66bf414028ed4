"""The schema of a prepared data set: its arrays, `metadata.json`, and `progress.json` of a set in the making."""

from typing import Annotated, Any

from msgspec import Meta, Struct

METADATA_FILE, PROGRESS_FILE = "metadata.json", "progress.json"
PREPARE_AGAIN = "prepare the set again with `invoke data`"

Count = Annotated[int, Meta(ge=0)]


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
    licence: dict[str, str]  # source, url, licence, attribution
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


class Progress(Struct):
    """`progress.json`: the units of work that an interrupted preparation has finished."""

    plan: str
    done: dict[str, Any]  # by unit, the facts recorded about it
