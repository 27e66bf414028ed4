"""Near-duplicates: characters whose strokes in KanjiVG differ little from another's: 土 and 士, 漢 and 漠, 鳥 and 烏.

Random variation may turn such a character into the other one, whose label would then be wrong. `training.ink.character`
draws again what is nearer to a near-duplicate, and omits no stroke without which a character would be another one.
"""

import numpy as np

from training.ink.components import normalise

NEAR = 0.13  # root mean squared distance of points in box sides: docs/measurements.md#near-duplicates
NEAR_DUPLICATES = 4  # of a form at most, each of another class
NO_FORM = -1


def find_near_duplicates(strokes: np.ndarray, stroke_starts: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the nearest forms of other classes for every form, among those of as many strokes and nearer than NEAR.

    Args:
        strokes: (S, P, 2) float, in any unit.
        stroke_starts: (T+1,) int, the first stroke of each form, and S.
        classes: (T,) int, the class of each form.

    Returns:
        (T, NEAR_DUPLICATES) int32, nearest first, NO_FORM where there are fewer.
    """
    near_duplicates = np.full((len(classes), NEAR_DUPLICATES), NO_FORM, np.int32)
    for forms, drawn in by_count(strokes, stroke_starts).values():
        squares = sum(stroke_distances(drawn[:, s], drawn[:, s]) for s in range(drawn.shape[1]))
        distances = np.sqrt(squares / drawn.shape[1])
        distances[classes[forms][:, None] == classes[forms]] = np.inf
        for form, row in zip(forms, distances, strict=True):
            near = [other for other in np.argsort(row) if row[other] < NEAR]
            nearest = {classes[forms[other]]: forms[other] for other in reversed(near)}
            found = list(nearest.values())[::-1][:NEAR_DUPLICATES]
            near_duplicates[form, : len(found)] = found
    return near_duplicates


def find_needed(strokes: np.ndarray, stroke_starts: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the strokes (S,) bool without which a form is nearer than NEAR to one of another class.

    The arguments are those of `find_near_duplicates`.
    """
    needed = np.zeros(len(strokes), bool)
    groups = by_count(strokes, stroke_starts)
    for count, (forms, drawn) in groups.items():
        if count - 1 not in groups:
            continue
        shorter, fewer = groups[count - 1]
        others = classes[forms][:, None] != classes[shorter]
        before = [stroke_distances(drawn[:, s], fewer[:, s]) for s in range(count - 1)]  # if a later one is omitted
        after = [stroke_distances(drawn[:, s + 1], fewer[:, s]) for s in range(count - 1)]  # if an earlier one is
        for s in range(count):
            squares = np.sum([*before[:s], *after[s:]], axis=0) / (count - 1)
            needed[stroke_starts[forms] + s] = ((np.sqrt(squares) < NEAR) & others).any(axis=1)
    return needed


def by_count(strokes: np.ndarray, stroke_starts: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Return for each number of strokes C the forms (N,) of as many, and their strokes (N, C, P, 2) in box sides."""
    counts = np.diff(stroke_starts)
    groups = {int(count): np.flatnonzero(counts == count) for count in np.unique(counts)}
    return {
        count: (forms, np.stack([
            normalise(strokes[stroke_starts[form] : stroke_starts[form + 1]].astype(np.float64)) for form in forms
        ]))
        for count, forms in groups.items()
    }  # fmt: skip


def stroke_distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the mean squared distances (N, M) of the points of strokes (N, P, 2) and (M, P, 2).

    A stroke may be drawn in either direction: the lesser distance counts.
    """
    return np.minimum(_squares(some, others), _squares(some[:, ::-1], others)) / some.shape[1]


def _squares(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    a, b = some.reshape(len(some), -1), others.reshape(len(others), -1)
    return np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T, 0)
