"""Folders of pictures: the folder directly above a picture names its class, as in `DIR/田/1.png`.

A class name may have several letters: `DIR/class_D/1.png`. It is normalised to NFC, so that が in one code point and
が in two are one class; `U+7530` is the class 田. The folder above the class folder is the picture's source:
`DIR/scanner-2/田/1.png`.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kakitori.charset import forbidden_in
from kakitori.errors import DataError

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
# What macOS, Windows and archive programs leave beside files, in lower case.
COMPANION_FILES = {".ds_store", "thumbs.db", "desktop.ini"}
COMPANION_PREFIX, COMPANION_FOLDER = "._", "__macosx"
# Reasons for which a path is skipped.
COMPANION = "a companion file of macOS or Windows"
NO_PICTURE = "not a picture"
OUTSIDE = "a picture outside a class folder"
EMPTY = "a folder without pictures"
SEEN = "a link to a folder that is read elsewhere"
LISTED = 20  # problems named on the terminal


@dataclass(frozen=True)
class Picture:
    """A picture file, its class, and its source: the name of the folder above the class folder."""

    char: str
    path: Path
    source: str


@dataclass(frozen=True)
class PictureFolder:
    """The pictures below a folder in path order, and the paths that are none."""

    pictures: list[Picture]
    skipped: dict[str, str]  # the reason, by path below the folder
    merged: dict[str, list[str]]  # the folder names of each class that has several, by class

    def merged_classes(self) -> list[str]:
        """Return a sentence for each class that has several folder names."""
        return [f"The folders {' and '.join(map(spell, names))} are one class, {char!r}: their names have one NFC form."
                for char, names in self.merged.items()]  # fmt: skip

    def skipped_paths(self) -> list[str]:
        """Return each skipped path below the folder with the reason."""
        return [f"{path}: {reason}" for path, reason in self.skipped.items()]

    def report(self) -> list[str]:
        """Return the merged classes, the first LISTED skipped paths, and the count of those; none if there are none."""
        lines = [*self.merged_classes(), *list_first("Skipped", self.skipped_paths(), ".")]
        return [*lines, f"{len(self.skipped):,} files or folders skipped."] if self.skipped else lines


def find_pictures(folder: Path) -> PictureFolder:
    """Return the pictures of the class folders at any depth below `folder`, and what is skipped.

    Raises:
        DataError: if the folder does not exist, a folder cannot be read, no class folder holds a picture, or a class
            name is refused.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r}.")
    pictures, skipped = [], {}
    for path, reason in _walk(folder):
        if reason:
            skipped[path.relative_to(folder).as_posix()] = reason
        else:
            pictures.append(Picture(class_name(path.parent.name), path, path.parent.parent.name))
    if not pictures:
        raise DataError(
            f"{folder} holds no picture ({', '.join(sorted(SUFFIXES))}) in a folder named after its class, such as "
            "田/1.png, U+7530/1.png or class_D/1.png."
        )
    pictures.sort(key=lambda picture: picture.path)
    names: dict[str, dict[str, None]] = {}
    for picture in pictures:
        names.setdefault(picture.char, {})[picture.path.parent.name] = None
    return PictureFolder(pictures, skipped, {char: list(of) for char, of in names.items() if len(of) > 1})


def list_first(verb: str, problems: Sequence[str], rest: str) -> list[str]:
    """Return a line for each of the first LISTED problems, and one with the number of the others, which `rest` ends."""
    lines = [f"{verb}: {problem}" for problem in problems[:LISTED]]
    return [*lines, f"{verb}: {len(problems) - LISTED:,} more{rest}"] if len(problems) > LISTED else lines


def spell(name: str) -> str:
    """Return a folder name with its code points, which tell apart names that look the same."""
    return f"{name!r} ({' '.join(f'U+{ord(character):04X}' for character in name)})"


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file and each empty folder below `folder`, and the reason to skip it: "" for a picture of a class."""

    def refuse(problem: OSError) -> None:
        raise DataError(f"{problem.filename} cannot be read ({problem.strerror}): see its permissions.") from problem

    top = folder.resolve()
    for parent, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(parent)
        for name in sorted(folders):
            if reason := _reason_to_stay_out(here / name, top):
                folders.remove(name)
                yield here / name, reason
        folders.sort()
        yield from ((here / name, _reason_to_skip(here / name, folder)) for name in sorted(files))
        if here != folder and not folders and not any(_is_picture(here / name) for name in files):
            yield here, EMPTY


def _reason_to_stay_out(path: Path, top: Path) -> str:
    """Return the reason not to enter a folder; "" to enter. `top` is the resolved folder that is searched."""
    if path.name.lower() == COMPANION_FOLDER:
        return COMPANION
    target = path.resolve()
    # A link to a folder of its own path would not end; one to a folder below `top` would give each picture twice.
    repeats = target.is_relative_to(top) or path.parent.resolve().is_relative_to(target)
    return SEEN if path.is_symlink() and repeats else ""


def _reason_to_skip(path: Path, folder: Path) -> str:
    if path.name.startswith(COMPANION_PREFIX) or path.name.lower() in COMPANION_FILES:
        return COMPANION
    if not _is_picture(path):
        return NO_PICTURE
    return OUTSIDE if path.parent == folder else ""


def _is_picture(path: Path) -> bool:
    is_companion = path.name.startswith(COMPANION_PREFIX)
    return path.suffix.lower() in SUFFIXES and not is_companion and path.is_file()


def class_name(name: str) -> str:
    """Return the class that a folder name stands for: the name in NFC, or the character of a name such as U+7530.

    Raises:
        DataError: if the name holds a control character, a line separator or bytes that are not UTF-8, or a number that
            is no Unicode character.
    """
    text = name
    if re.fullmatch(r"[Uu]\+[0-9A-Fa-f]{4,6}", name):
        if int(name[2:], 16) > 0x10FFFF:
            raise DataError(f"The folder {name!r} names no Unicode character, expected U+0021 to U+10FFFF: rename it.")
        text = chr(int(name[2:], 16))
    if forbidden := forbidden_in(text):
        raise DataError(
            f"The class folder {name!r} holds U+{ord(forbidden):04X}, expected a name without control characters, "
            "line separators and bytes that are not UTF-8: rename it."
        )
    return unicodedata.normalize("NFC", text)
