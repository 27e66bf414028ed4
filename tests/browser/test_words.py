"""The page of a model whose classes are a word, a character beyond the BMP, and a kanji."""

import hashlib
import json
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import expect

from kakitori.ink import rasterise, to_tensor
from kakitori.recognizer import Recognizer
from web.build import build_site
from web.serve import running_server

ACROSS, DOWN, FALLING = [[[0, 50], [100, 50]]], [[[50, 0], [50, 100]]], [[[0, 0], [100, 100]]]
DRAWINGS = {"apple": ACROSS, "𠮷": DOWN, "田": FALLING}
FIRST = "#board li:first-child .card"


def network(config) -> bytes:
    """Return a linear ONNX network whose logits compare ink with the drawing of each class."""
    size = config["size"]
    inks = np.stack([rasterise(d, size, config["margin"], config["radius"]) for d in DRAWINGS.values()])
    weights = (to_tensor(inks) + 1).reshape(len(inks), -1) / 100
    graph = helper.make_graph(
        [helper.make_node("Flatten", ["input"], ["pixels"]),
         helper.make_node("Gemm", ["pixels", "weights"], ["logits"], transB=1)],
        "words",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, size, size])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", len(inks)])],
        [numpy_helper.from_array(weights.astype(np.float32), "weights")],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6).SerializeToString()


@pytest.fixture(scope="module")
def words_model(root, tmp_path_factory):
    """A model directory of the fixture's documents and that network."""
    folder = tmp_path_factory.mktemp("models") / "words"
    (folder / "onnx").mkdir(parents=True)
    documents = json.loads((root / "tests/assets/model_digest.json").read_text(encoding="utf-8"))["words"]
    content = network(documents["config"])
    row = documents["manifest"]["files"][0]
    (folder / row["file"]).write_bytes(content)
    row |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    documents["manifest"]["files"] = [row]
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    onnx.checker.check_model(onnx.load_model_from_string(content))
    return folder


@pytest.fixture(scope="module")
def words_address(words_model, tmp_path_factory):
    """The address of the words' page."""
    out = tmp_path_factory.mktemp("words-site") / "dist"
    build_site([words_model], out)
    with running_server(out, "/demo/") as url:
        yield url


def draw(page, drawing):
    page.locator("#pad").focus()
    page.keyboard.press("Escape")
    box = page.locator("#pad").bounding_box()
    for stroke in drawing:
        points = [(box["x"] + (0.2 + 0.006 * x) * box["width"], box["y"] + (0.2 + 0.006 * y) * box["height"])
                  for x, y in stroke]  # fmt: skip
        page.mouse.move(*points[0])
        page.mouse.down()
        page.mouse.move(*points[1], steps=8)
        page.mouse.up()


def test_words_are_recognized_shown_without_codes_and_chosen_whole(words_address, open_page):
    page = open_page(words_address)
    codes = {"apple": r"^JIS none\s*$", "𠮷": r"^JIS none\s+U\+20BB7$", "田": r"^JIS 4544\s+U\+7530$"}
    for name, drawing in DRAWINGS.items():
        draw(page, drawing)
        expect(page.locator(f"{FIRST} .glyph")).to_have_text(name)
        expect(page.locator(f"{FIRST} .codes")).to_have_text(re.compile(codes[name]))
        assert page.locator("#board .card:enabled").count() == 3
        overflow = "card => card.scrollWidth - card.clientWidth"
        assert page.locator(FIRST).evaluate(overflow) <= 0
        page.locator(FIRST).click()
    expect(page.locator("#line")).to_have_value("apple𠮷田")


def test_python_gives_the_same_candidates(words_address, words_model, open_page):
    page, reader = open_page(words_address), Recognizer.load(words_model)
    for drawing in DRAWINGS.values():
        found = page.evaluate("""(strokes) => document.getElementById("pad").recognizer.recognize(strokes)""", drawing)
        result = reader.recognize(drawing)
        assert found["unsure"] == result.unsure
        ours = [(c.char, c.jis, c.code_point, c.index) for c in result.candidates]
        assert ours == [(c["char"], c["jis"], c["codePoint"], c["index"]) for c in found["candidates"]]
        expected = [c["probability"] for c in found["candidates"]]
        assert [c.probability for c in result.candidates] == pytest.approx(expected, abs=1e-5)
