"""Python and JavaScript give the same probabilities and candidates of the same logits."""

import json

import numpy as np
import pytest

from kakitori.candidates import Classes, rank
from kakitori.confidence import softmax
from kakitori.files import read_json
from kakitori.homoglyphs import InkPlace
from kakitori.spec import Confidence

TOLERANCE = 1e-12  # both compute in float64
PLACES = [None, InkPlace(0.9, 0.5), InkPlace(0.4, 0.7), InkPlace(0.2, 0.8), InkPlace(0.1, 0.5)]


@pytest.mark.parametrize("temperature", [0.05, 0.57149, 1, 20])
def test_the_probabilities_are_the_same(run_node, temperature):
    logits = np.random.default_rng(1).normal(0, 10, (5, 3036)).astype(np.float32)
    question = {"temperature": temperature, "logits": logits.tolist()}
    found = json.loads(run_node("tests/web/probabilities.mjs", stdin=json.dumps(question)))
    np.testing.assert_allclose(found, softmax(logits, temperature), atol=TOLERANCE, rtol=0)


@pytest.fixture(scope="module")
def documents(root):
    """Config, mapping and manifest of the shipped model with homoglyphs."""
    files = {name: read_json(root / f"models/kanji-wide/{name}.json") for name in ("config", "mapping", "manifest")}
    files["config"].setdefault("weights", files["manifest"]["weights"])
    for document in files.values():
        document.setdefault("model_digest", "sha256:" + "0" * 64)
    return files


def cases_of(num_classes: int) -> list[dict]:
    """Return logits, half of them with ties, each with a count and a place on a pad."""
    rng, cases = np.random.default_rng(2), []
    for n in range(40):
        logits = rng.normal(0, 2, num_classes).astype(np.float32)
        logits[rng.integers(0, 60, 5)] += 3 + 4 * (n % 3)  # the first classes of the wide charset: marks and digits
        logits = np.rint(logits) if n % 2 else logits
        cases.append({"logits": logits, "topK": 1 + n % 12, "place": PLACES[n % len(PLACES)]})
    return cases


def test_candidates_are_the_same_in_the_same_order(run_node, documents):
    classes = Classes.from_mapping(documents["mapping"])
    confidence = Confidence(**documents["config"]["confidence"])
    cases = cases_of(len(classes))
    question = documents | {"cases": [case | {
        "logits": case["logits"].tolist(), "place": case["place"] and case["place"]._asdict(),
    } for case in cases]}  # fmt: skip
    answers = json.loads(run_node("tests/web/candidates.mjs", stdin=json.dumps(question)))
    for case, answer in zip(cases, answers, strict=True):
        result = rank(case["logits"], classes, confidence, case["topK"], case["place"])
        assert result.unsure == answer["unsure"]
        ours = [(c.char, c.jis, c.code_point, c.index) for c in result.candidates]
        assert ours == [(c["char"], c["jis"], c["codePoint"], c["index"]) for c in answer["candidates"]]
        expected = [c["probability"] for c in answer["candidates"]]
        assert [c.probability for c in result.candidates] == pytest.approx(expected, abs=TOLERANCE)
    assert any(len({c["index"] for c in answer["candidates"]}) < len(answer["candidates"]) for answer in answers)
    assert {answer["unsure"] for answer in answers} == {False, True}
