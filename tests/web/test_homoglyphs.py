"""Python and JavaScript order homoglyphs equally."""

import json
import random
from dataclasses import asdict

from kakitori.homoglyphs import HOMOGLYPHS, PLACES, ink_place, order_homoglyphs

PADS = [{"width": 300, "height": 300}, {"width": 1000, "height": 400}, {"width": 0.5, "height": 2}]


def random_cases() -> list[dict]:
    """Return each shape on each pad: large and small ink, at all heights, and on the edges of the ranges."""
    chance, cases = random.Random(20261121), []
    for shape in HOMOGLYPHS:
        for pad in PADS:
            for size in (0, 0.1, 0.25, 0.5, 0.9):
                top, left = chance.random() * (1 - size), chance.random() * (1 - size)
                box = [
                    [left * pad["width"], top * pad["height"]],
                    [(left + size) * pad["width"], (top + size) * pad["height"]],
                ]
                cases.append({"homoglyphs": list(shape), "strokes": [box, [box[0]]], "pad": pad})
    return cases


def test_the_order_is_the_same_in_python_and_javascript(run_node):
    cases = random_cases()
    question = {"places": {character: asdict(place) for character, place in PLACES.items()}, "cases": cases}
    answers = json.loads(run_node("tests/web/homoglyphs.mjs", stdin=json.dumps(question)))
    expected = [order_homoglyphs(c["homoglyphs"], PLACES, ink_place(c["strokes"], **c["pad"])) for c in cases]
    assert answers == expected
    assert any(answer != case["homoglyphs"] for answer, case in zip(answers, cases, strict=True))
