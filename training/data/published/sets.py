"""Published sets of small images, read from the files that their makers distribute.

kmnist, k49, kuzushiji-kanji    http://codh.rois.ac.jp/kmnist/ (Clanuwat et al. 2018, arXiv:1812.01718)
mnist                           http://yann.lecun.com/exdb/mnist/
emnist-*                        https://www.nist.gov/itl/products-and-services/emnist-dataset
cifar100                        https://www.cs.toronto.edu/~kriz/cifar.html, binary version
digits                          scikit-learn's own copy of the UCI set "Optical recognition of handwritten digits"
images                          a user's folder of pictures
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kakitori.charset import Charset, get_charset
from kakitori.errors import DataError
from kakitori.image_files import read_image
from kakitori.schemas.config import Licence
from training.data.published.idx import read_array
from training.data.published.pictures import find_pictures

CODH: Licence = {
    "source": "KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created by NIJL and others)",
    "url": "http://codh.rois.ac.jp/kmnist/",
    "licence": "CC BY-SA 4.0",
    "attribution": '"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), '
    "doi:10.20676/00000341, CC BY-SA 4.0.",
}
MNIST: Licence = {
    "source": "MNIST",
    "url": "http://yann.lecun.com/exdb/mnist/",
    "licence": "CC BY-SA 3.0",
    "attribution": "MNIST, Yann LeCun, Corinna Cortes and Christopher Burges, from NIST Special Database 19.",
}
EMNIST: Licence = {
    "source": "EMNIST",
    "url": "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    "licence": "public domain (NIST Special Database 19)",
    "attribution": "EMNIST, Cohen, Afshar, Tapson and van Schaik 2017, from NIST Special Database 19.",
}
CIFAR: Licence = {
    "source": "CIFAR-100",
    "url": "https://www.cs.toronto.edu/~kriz/cifar.html",
    "licence": "none stated: ask its makers before you publish a model",
    "attribution": "CIFAR-100, Alex Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images.",
}
DIGITS: Licence = {
    "source": "Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, in scikit-learn",
    "url": "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    "licence": "CC BY 4.0",
    "attribution": "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak 1998, UCI, CC BY 4.0.",
}
OWN: Licence = {
    "source": "your pictures",
    "url": "",
    "licence": "yours to state",
    "attribution": "Pictures of your own.",
}


class Images(Protocol):
    """Images that are read one by one, or as the elements of an array."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any) -> Any:
        """Return an image, or the Images of a slice."""


@dataclass(frozen=True)
class Part:
    """The images of one file or one folder."""

    images: Images  # uint8: (H, W) levels of ink, (H, W, 3) photographs, or (H, W, 4) pictures
    labels: np.ndarray  # (N,) class indices
    paths: Sequence[Path]  # one for all, or one each
    split: str | None  # "test"; "train", a part of which becomes validation; None for images without a published split
    header: int = 0  # bytes of the file before its first image
    stride: int = 0  # bytes of an image in the file

    def place(self, record: int) -> str:
        """Return the file, the record and the byte offset of an image, in words."""
        if len(self.paths) != 1:
            return str(self.paths[record]) if self.paths else f"record {record}"
        return f"{self.paths[0]}, record {record}, offset {self.header + record * self.stride:,}"


@dataclass(frozen=True)
class Found:
    """The content of a set's files, and what in their folder does not belong to it."""

    charset: Charset
    parts: list[Part]
    skipped: tuple[str, ...] = ()  # paths that are left out, each with the reason
    notes: tuple[str, ...] = ()  # sentences for the report


# The parts of file names: by split, and by content (images, labels).
NAME_FIELDS = {"train": {"mnist": "train"}, "test": {"mnist": "t10k"}}
KINDS = (
    {"idx": "images-idx3-ubyte", "dotted": "images.idx3-ubyte", "npz": "imgs.npz"},
    {"idx": "labels-idx1-ubyte", "dotted": "labels.idx1-ubyte", "npz": "labels.npz"},
)
MNIST_NAMES = ("{mnist}-{idx}", "{mnist}-{dotted}")
CIFAR_RECORD = 2 + 3 * 32 * 32


@dataclass(frozen=True)
class PublishedSet:
    """A set: the function that finds it in a folder, how its images are fitted, and its licence."""

    find: Callable[[Any], Found]  # of the folder; of None where the set needs no files
    fit: str  # a key of training.data.published.prepare.FITS
    licence: Licence
    needs_files: bool = True


class Pictures:
    """Picture files as a sequence of (H, W, 4) uint8 arrays, each read when it is indexed."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Any) -> Any:
        return Pictures(self.paths[index]) if isinstance(index, slice) else read_image(self.paths[index])


def find_file(folder: Path, names: Sequence[str]) -> Path:
    """Return the file below `folder` with the first of these names that exists, in any case, gzipped or not.

    Raises:
        DataError: if no file has one of the names, or several have the same.
    """
    there = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for name in names:
        found = [path for path in there if path.name.lower().removesuffix(".gz") == name]
        if len(found) > 1:
            raise DataError(f"{folder} holds {name} {len(found)} times ({', '.join(map(str, found))}): keep one.")
        if found:
            return found[0]
    raise DataError(f"{folder} holds no {' and no '.join(names)}, gzipped or not: fetch it, or name another --from.")


def find_arrays(
    charset: Charset, templates: Sequence[str], folder: Path, axes: tuple[int, int] = (1, 2), first: int = 0
) -> list[Part]:
    """Return the training part and the test part of a set with two files for each, images and labels.

    Args:
        charset: the classes.
        templates: file names with the fields of NAME_FIELDS; the first that exists is used.
        axes: the file's axes of an image's rows and columns.
        first: the label of class 0.

    Raises:
        DataError: if a file is missing or damaged, the shapes of two contradict each other, or a label is outside the
            charset.
    """
    parts = []
    for split, others in NAME_FIELDS.items():
        paths = [find_file(folder, [t.format(split=split, **others, **kind) for t in templates]) for kind in KINDS]
        images, labels = (read_array(path) for path in paths)
        if images.ndim != 3 or labels.shape != images.shape[:1]:
            raise DataError(
                f"{paths[0]} holds {images.shape} and {paths[1]} {labels.shape}, expected (N, H, W) and (N,): they do "
                "not belong together."
            )
        labels = labels.astype(np.int64) - first
        check_labels(labels, charset, paths[1], 8, 1)
        parts.append(Part(images.transpose(0, *axes), labels, paths[:1], split, 16, int(np.prod(images.shape[1:]))))
    return parts


def check_labels(labels: np.ndarray, charset: Charset, path: Path, header: int, stride: int) -> None:
    """Raise DataError, naming the first record at fault, if a label (N,) is not a class of the charset."""
    wrong = np.flatnonzero((labels < 0) | (labels >= len(charset)))
    if len(wrong):
        record = int(wrong[0])
        raise DataError(
            f"{path}, record {record}, offset {header + record * stride}: its label would be class {labels[record]}, "
            f"outside the {len(charset)} classes of {charset.name!r}: it is another set's file, or damaged."
        )


def find_known(charset: str, templates: Sequence[str], folder: Path) -> Found:
    """Return a set in files of arrays, with a charset of `kakitori.charset`."""
    return Found(get_charset(charset), find_arrays(get_charset(charset), templates, folder))


def find_emnist(split: str, folder: Path) -> Found:
    """Return a split of EMNIST; its classes are those of its mapping file.

    The images are stored by columns, and the labels of "letters" begin at 1.
    """
    name = f"emnist-{split}"
    path = find_file(folder, [f"{name}-mapping.txt"])
    try:
        rows = [[int(number) for number in line.split()] for line in path.read_text(encoding="ascii").splitlines()]
        charset, first = Charset(name, tuple(chr(row[1]) for row in rows)), rows[0][0]
    except (ValueError, IndexError) as problem:
        raise DataError(f"{path}: expected a label and a character code on each line ({problem}).") from problem
    if [row[0] for row in rows] != list(range(first, first + len(rows))):
        raise DataError(f"{path}: its labels do not follow each other: fetch it again.")
    return Found(charset, find_arrays(charset, [name + "-{split}-{idx}"], folder, (2, 1), first))


def find_cifar100(folder: Path) -> Found:
    """Return CIFAR-100: each record is a coarse and a fine label and 32 x 32 red, green and blue levels."""
    names = find_file(folder, ["fine_label_names.txt"])
    charset = Charset("cifar100", tuple(names.read_text(encoding="utf-8").split()))
    parts = []
    for split in ("train", "test"):
        path = find_file(folder, [f"{split}.bin"])
        content = np.fromfile(path, np.uint8)
        if not len(content) or len(content) % CIFAR_RECORD:
            raise DataError(f"{path} has {len(content):,} bytes, no multiple of {CIFAR_RECORD}: fetch it again.")
        records = content.reshape(-1, CIFAR_RECORD)
        check_labels(records[:, 1], charset, path, 1, CIFAR_RECORD)
        colours = records[:, 2:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        parts.append(Part(colours, records[:, 1], (path,), split, 2, CIFAR_RECORD))
    return Found(charset, parts)


def find_digits(_folder: Path | None) -> Found:
    """Return scikit-learn's 1,797 digits of 8 x 8 pixels in 17 levels."""
    try:
        from sklearn.datasets import load_digits  # only this set needs it
    except ModuleNotFoundError:
        raise DataError('The digits come with scikit-learn: python -m pip install -e ".[test]"') from None
    digits = load_digits()
    levels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    return Found(get_charset("digits"), [Part(levels, digits.target, (), None)])


def find_classes(name: str, folder: Path) -> Found:
    """Return the pictures of the class folders below `folder`; the classes are sorted by code point.

    Raises:
        DataError: if there are fewer than two classes, or as `find_pictures`.
    """
    found = find_pictures(folder)
    charset = Charset(name, tuple(sorted({picture.char for picture in found.pictures})))
    if len(charset) < 2:
        raise DataError(f"{folder} holds pictures of one class, {charset.characters[0]!r}, expected 2 classes or more.")
    paths = tuple(picture.path for picture in found.pictures)
    labels = np.array([charset.index(picture.char) for picture in found.pictures])
    part = Part(Pictures(paths), labels, paths, None)
    return Found(charset, [part], tuple(found.skipped_paths()), tuple(found.merged_classes()))


PUBLISHED = {
    "kmnist": PublishedSet(partial(find_known, "kmnist", ("kmnist-{split}-{npz}", *MNIST_NAMES)), "levels", CODH),
    "k49": PublishedSet(partial(find_known, "k49", ("k49-{split}-{npz}",)), "levels", CODH),
    "kuzushiji-kanji": PublishedSet(partial(find_classes, "kuzushiji-kanji"), "picture", CODH),
    "mnist": PublishedSet(partial(find_known, "digits", MNIST_NAMES), "levels", MNIST),
    **{
        f"emnist-{split}": PublishedSet(partial(find_emnist, split), "levels", EMNIST)
        for split in ("balanced", "byclass", "bymerge", "letters", "digits", "mnist")
    },
    "cifar100": PublishedSet(find_cifar100, "whole", CIFAR),
    "digits": PublishedSet(find_digits, "levels", DIGITS, needs_files=False),
    "images": PublishedSet(partial(find_classes, "images"), "picture", OWN),
}
