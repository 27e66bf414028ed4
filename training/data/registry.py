"""The data sets that a network can be trained on: generated ink, prepared sets by name, and mixtures of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kakitori.charset import Charset, get_charset, limited
from kakitori.errors import DataError, KakitoriError
from kakitori.schemas.config import Licence
from kakitori.schemas.prepared import METADATA_FILE
from kakitori.spec import GENERATED, INK_CHARSETS, KANJIVG_LICENCE
from training.data.fonts.table import FONTS, is_font_set
from training.data.mixed import MixedSource
from training.data.prepared import check_name, open_prepared, prepared_folder
from training.data.published.sets import PUBLISHED
from training.data.stored import StoredSource
from training.ink.source import InkSource

JOIN = "+"  # between the names of a mixture


class Source(Protocol):
    """Images of a charset's K classes. A stream is TRAIN, VALIDATION or TEST, and the first entry of a seed."""

    images_per_epoch: int

    def images(self, labels: np.ndarray, size: int, seed: Sequence[int]) -> np.ndarray:
        """Return one image of each label (N,) as (N, size, size) uint8 coverage, 0 paper, 255 ink."""

    def counts(self, stream: int) -> np.ndarray:
        """Return the number (K,) of different images of each class in a stream; infinite where images are generated."""

    def held_out(self, stream: int, size: int, at_least: int) -> tuple[np.ndarray, np.ndarray]:
        """Return images (N, size, size) uint8 and labels (N,) int64 of a stream, the same at each call."""

    def pen_radius(self, size: int) -> float:
        """Return half the width of the strokes, in pixels of images of `size`."""


@dataclass(frozen=True)
class Dataset:
    """An opened data set: its images, its classes, and the licences that a model trained on it must state."""

    source: Source
    charset: Charset
    licences: tuple[Licence, ...]  # of each part; no row twice


def open_dataset(
    name: str, size: int, class_limit: int | None = None, mix: str | None = None, without: Collection[str] = ()
) -> Dataset:
    """Return a data set: "ink", "ink-wide", a prepared set's name, or several joined by "+".

    Args:
        name: as given by the user.
        size: side of the prepared images in pixels.
        class_limit: only the first classes.
        mix: the parts' shares, "1:3"; equal if None.
        without: effects of handwriting that generated ink leaves out.

    Raises:
        KakitoriError: for a name that is neither ink nor a prepared set, listing the prepared sets, wrong shares, an
            unknown effect, or effects where no part is generated ink.
    """
    names = part_names(name)
    prepared = {n: open_prepared(find_prepared(n, size)) for n in names if n not in INK_CHARSETS}
    charset = limited(choose_charset(names, [p.charset for p in prepared.values()]), class_limit)
    rows = [prepared[n].metadata.licence if n in prepared else KANJIVG_LICENCE for n in names]
    licences = tuple(row for n, row in enumerate(rows) if row not in rows[:n])
    return Dataset(open_source(name, size, charset, mix, without), charset, licences)


def open_source(
    name: str, size: int, charset: Charset, mix: str | None = None, without: Collection[str] = ()
) -> Source:
    """Return the images of a data set, named as for `open_dataset`, with the classes of a charset.

    Raises:
        KakitoriError: as `open_dataset`.
    """
    names = part_names(name)
    shares = parse_shares(mix, names)
    if without and not set(names) & set(INK_CHARSETS):
        raise KakitoriError(
            f"--without {','.join(without)} leaves effects out of generated ink, and {name!r} has none: leave it out."
        )
    sources = [
        InkSource(charset, without) if n in INK_CHARSETS else StoredSource(find_prepared(n, size), charset)
        for n in names
    ]
    return sources[0] if len(sources) == 1 else MixedSource(sources, shares)


def part_names(name: Any) -> list[str]:
    """Return the names of the parts of a data set.

    Raises:
        DataError: if the name is not text, or a part's name is not plain.
    """
    return [check_name(part) for part in (name.split(JOIN) if isinstance(name, str) else [name])]


def parse_shares(mix: str | None, names: Sequence[str]) -> list[float]:
    """Return the share of each part of a mixture, from text such as "1:3"; equal shares for None or no text.

    Raises:
        KakitoriError: if it is not one positive number for each part.
    """
    try:
        shares = [float(part) for part in mix.split(":")] if mix else [1.0] * len(names)
    except (AttributeError, ValueError):  # of another type, in a config.json
        shares = []
    if len(shares) != len(names) or not all(0 < share < float("inf") for share in shares):
        raise KakitoriError(
            f"--mix {mix!r}: expected {len(names)} number(s) above 0 joined by ':', one for each of "
            f"{', '.join(names)}, such as {':'.join('1' * len(names))}."
        )
    return shares


def choose_charset(names: Sequence[str], prepared: Sequence[Charset]) -> Charset:
    """Return the classes of a data set of these parts: those of ink-wide, else of the prepared sets, else of ink."""
    inks = [name for name in names if name in INK_CHARSETS]
    if prepared and not set(inks) - {GENERATED}:
        return join_charsets(prepared)
    return get_charset(INK_CHARSETS[max(inks, key=lambda name: name != GENERATED)])


def join_charsets(charsets: Sequence[Charset]) -> Charset:
    """Return the classes of all charsets in order of first occurrence; the charset itself where all are the same."""
    first = charsets[0]
    if all(charset.digest == first.digest for charset in charsets):
        return first
    characters = dict.fromkeys(character for charset in charsets for character in charset.characters)
    return Charset(JOIN.join(charset.name for charset in charsets), tuple(characters))


def find_prepared(name: str, size: int) -> Path:
    """Return the folder of a prepared set.

    Raises:
        DataError: if there is none, listing the prepared sets.
    """
    folder = prepared_folder(name, size)
    if not (folder / METADATA_FILE).is_file():
        existing = sorted(path.parent.name for path in folder.parent.glob(f"*/{METADATA_FILE}"))
        raise DataError(
            f"Unknown dataset {name!r}: choose {' or '.join(INK_CHARSETS)}, or prepare {folder} with "
            f"`{command_for(name, size)}`; prepared are: {', '.join(existing) or 'none'}."
        )
    return folder


def command_for(name: str, size: int) -> str:
    """Return the command that prepares the set of a name, with "…" for a source that the name does not give."""
    source = next((source for source in (*PUBLISHED, "etl", FONTS) if name.startswith(source)), "…")
    charset = f" --charset {name.removeprefix(FONTS + '-')}" if is_font_set(name) and name != FONTS else ""
    return f"invoke data --source {source}{charset} --size {size}"
