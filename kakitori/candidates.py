"""From logits to ranked candidates. Mirrored by web/static/kakitori/shared/candidates.js; equality is tested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kakitori.charset import code_point
from kakitori.confidence import is_unsure, softmax
from kakitori.errors import DataError
from kakitori.homoglyphs import InkPlace, Place, order_homoglyphs
from kakitori.spec import Confidence

SHOWN = 3  # candidates in a result's repr


@dataclass(frozen=True)
class Candidate:
    """A character that the ink may be.

    `char` is the name of a class that is no single character; `jis` is the JIS X 0208 code, four hex digits or None;
    `code_point` is None for a name of several; homoglyphs share the class `index` and its `probability` in [0, 1].
    """

    char: str
    jis: str | None
    code_point: int | None
    index: int
    probability: float


@dataclass(frozen=True, repr=False)
class Result:
    """The candidates, the most probable first, and whether the ink is probably none of the model's classes."""

    candidates: list[Candidate]
    unsure: bool

    def __repr__(self) -> str:
        """Return `<Result: 田 98.2 %, 由 0.9 %, 甲 0.4 %, … (10 candidates)>`, with "unsure" where it is."""
        shown = ", ".join(f"{c.char} {100 * c.probability:.1f} %" for c in self.candidates[:SHOWN])
        more = f", … ({len(self.candidates)} candidates)" if len(self.candidates) > SHOWN else ""
        return f"<Result: {shown or 'no candidates'}{more}{', unsure' if self.unsure else ''}>"


@dataclass(frozen=True)
class Classes:
    """The characters of a network's classes, by class index, and of homoglyphs their codes and places on a pad."""

    characters: tuple[str, ...]
    jis: tuple[str | None, ...]
    homoglyphs: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    homoglyph_jis: Mapping[str, str | None] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.characters)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Classes":
        """Return the classes of a checked mapping.json."""
        indices = [str(index) for index in range(mapping["num_classes"])]
        return cls(
            characters=tuple(mapping["class_to_char"][index] for index in indices),
            jis=tuple(mapping["class_to_jis"][index] for index in indices),
            homoglyphs={int(index): tuple(group) for index, group in mapping.get("class_to_homoglyphs", {}).items()},
            homoglyph_jis=mapping.get("homoglyph_to_jis", {}),
            places={
                character: Place(tuple(place["size"]), tuple(place["middle"]))
                for character, place in mapping.get("homoglyph_to_place", {}).items()
            },
        )


def rank(
    logits: np.ndarray, classes: Classes, confidence: Confidence, top_k: int, place: InkPlace | None = None
) -> Result:
    """Return the `top_k` most probable characters, the lower class index first among equals.

    Homoglyphs follow each other, ordered by the ink's size and place on the pad.

    Args:
        logits: (K,) float.
        classes: K of them.
        confidence: temperatures and threshold.
        top_k: at least 1; all candidates where there are fewer.
        place: None where the pad's size is not known.

    Raises:
        EngineError: if a logit is NaN or infinite.
    """
    (probabilities,) = softmax(logits[None], confidence.temperature)
    order = np.argsort(-logits, kind="stable")[:top_k].tolist()
    candidates = [
        Candidate(char, jis, code_point(char), index, float(probabilities[index]))
        for index in order
        for char, jis in _characters_of(classes, index, place)
    ]
    return Result(candidates[:top_k], bool(is_unsure(logits[None], confidence)[0]))


def no_candidates() -> Result:
    """Return the result of a drawing or picture without ink."""
    return Result([], True)


def check_top_k(top_k: int) -> int:
    """Return `top_k`.

    Raises:
        DataError: if it is not a whole number of at least 1.
    """
    if not isinstance(top_k, int) or isinstance(top_k, bool) or top_k < 1:
        raise DataError(f"top_k is {top_k!r}: expected a whole number of at least 1.")
    return top_k


def _characters_of(classes: Classes, index: int, place: InkPlace | None) -> Iterator[tuple[str, str | None]]:
    """Yield the characters of a class with their JIS codes."""
    if index not in classes.homoglyphs:
        yield classes.characters[index], classes.jis[index]
        return
    for char in order_homoglyphs(classes.homoglyphs[index], classes.places, place):
        yield char, classes.homoglyph_jis.get(char)
