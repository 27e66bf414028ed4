"""Python and JavaScript make the same probabilities of the same logits."""

import json

import numpy as np
import pytest

from kakitori.confidence import softmax

TOLERANCE = 1e-12  # both compute in float64


@pytest.mark.parametrize("temperature", [0.05, 0.57149, 1, 20])
def test_the_probabilities_are_the_same(run_node, temperature):
    logits = np.random.default_rng(1).normal(0, 10, (5, 3036)).astype(np.float32)
    question = {"temperature": temperature, "logits": logits.tolist()}
    found = json.loads(run_node("tests/web/probabilities.mjs", stdin=json.dumps(question)))
    np.testing.assert_allclose(found, softmax(logits, temperature), atol=TOLERANCE, rtol=0)
