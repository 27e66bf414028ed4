"""`Recognizer` on a network of three classes, and on the shipped model."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kakitori.candidates import Classes
from kakitori.errors import DataError, EngineError, ModelError
from kakitori.recognizer import Recognizer
from kakitori.spec import Confidence, ModelSpec

LINE = [[[10, 10], [90, 10]]]
CLASSES = Classes(("つ", "い", "一"), ("2444", "2424", "306C"), {0: ("つ", "っ")}, {"つ": "2444", "っ": "2443"},
                  Classes.from_mapping({"num_classes": 0, "homoglyph_to_place": {
                      "っ": {"size": [0, 0.5], "middle": [0.45, 1]}}}).places)  # fmt: skip


def picture(height=60, width=100):
    image = np.full((height, width), 240, np.uint8)
    image[25:32, 10:90] = 20
    return image


def recognizer(logits, seen=None):
    """Return a recognizer whose network answers with these logits; `seen` collects its inputs."""
    spec = ModelSpec("cnn", (8,), "adaptive_avg", "three", 3, "", confidence=Confidence(1, 1, 0.4))

    def predict(images):
        if seen is not None:
            seen.append(images)
        return np.array([logits], np.float32)

    return Recognizer(spec, CLASSES, predict)


def test_strokes_and_pictures_reach_the_network_as_its_input():
    seen = []
    reader = recognizer([0, 0, 3], seen)
    assert reader.recognize(LINE).candidates[0].char == "一" == reader.recognize_image(picture()).candidates[0].char
    for images in seen:
        assert (images.shape, images.dtype) == ((1, 1, 64, 64), np.float32)
        assert (images.min(), images.max()) == (-1, 1)


@pytest.mark.parametrize("strokes", [[], [[]]])
def test_no_ink_gives_no_candidates_and_is_unsure(strokes):
    result = recognizer([0, 0, 3]).recognize(strokes)
    assert (result.candidates, result.unsure) == ([], True)


def test_a_blank_picture_gives_no_candidates_and_is_unsure():
    result = recognizer([0, 0, 3]).recognize_image(np.full((30, 30), 240, np.uint8))
    assert (result.candidates, result.unsure) == ([], True)


def test_the_pad_orders_homoglyphs():
    reader, small = recognizer([3, 0, 0]), [[[100, 600], [400, 800]]]
    assert [c.char for c in reader.recognize(small, 2, pad=(1000, 1000)).candidates] == ["っ", "つ"]
    assert [c.char for c in reader.recognize(small, 2, pad=(400, 800)).candidates] == ["つ", "っ"]
    assert [c.char for c in reader.recognize(small, 2).candidates] == ["つ", "っ"]


def test_flat_logits_are_unsure():
    assert recognizer([0, 0, 0]).recognize(LINE, 3).unsure
    assert not recognizer([3, 0, 0]).recognize(LINE, 3).unsure


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda reader: reader.recognize(LINE, 0), "top_k is 0"),
        (lambda reader: reader.recognize_image(picture(), -1), "top_k is -1"),
        (lambda reader: reader.recognize([[[0, np.nan]]], 1), "finite"),
        (lambda reader: reader.recognize(LINE, 1, pad=(0, 1)), "above 0"),
        (lambda reader: reader.recognize_image(b"no picture", 1), "not a readable picture"),
        (lambda reader: reader.recognize_image(picture()[:1, :1], 1), "at least 2 x 2"),
    ],
)
def test_invalid_arguments_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call(recognizer([3, 0, 0]))


@pytest.mark.parametrize(("logits", "message"), [([0, np.nan, 1], "NaN or infinity in 1 of 3"), ([0, 1], r"\(1, 2\)")])
def test_a_network_that_answers_wrongly_is_an_error(logits, message):
    with pytest.raises(EngineError, match=message):
        recognizer(logits).recognize(LINE, 1)


SMALL = [[100, 600], [400, 800]]


@pytest.mark.parametrize(
    "strokes",
    [
        [[(x, y, 16 * t) for t, (x, y) in enumerate(SMALL)]],
        [[{"x": x, "y": y} for x, y in SMALL]],
        [np.array(SMALL, np.float32)],
        np.array([SMALL]),
    ],
)
def test_every_form_of_a_point_gives_the_same_input_and_order(strokes):
    seen = []
    reader = recognizer([3, 0, 0], seen)
    expected = reader.recognize([SMALL], 3, pad=(1000, 1000))
    assert reader.recognize(strokes, 3, pad=(1000, 1000)) == expected
    assert np.array_equal(*seen)
    assert expected.candidates[0].char == "っ"


@pytest.fixture(scope="module")
def shipped():
    return Recognizer.load()


def test_the_shipped_model_reads_strokes_and_pictures(shipped, tmp_path):
    assert shipped.recognize(LINE).candidates[0].char == "一"
    assert len(shipped.recognize(LINE).candidates) == 10
    path = tmp_path / "one.png"
    Image.fromarray(picture()).save(path)
    for image in (path, str(path), path.read_bytes(), picture(), Image.fromarray(picture())):
        best = shipped.recognize_image(image, 1).candidates[0]
        assert (best.char, best.jis, best.code_point, best.index) == ("一", "306C", 0x4E00, 146)


def test_a_variant_that_is_not_exported_is_refused_with_the_others(shipped_model):
    with pytest.raises(ModelError, match=r"no variant 'tract\.int3': choose one of .*strict\.int8"):
        Recognizer.load(shipped_model, "tract.int3")


def test_a_directory_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json does not exist|no model directory"):
        Recognizer.load(tmp_path)


def test_an_onnx_file_that_the_manifest_does_not_describe_is_refused(shipped_model, tmp_path):
    for name in ("config.json", "mapping.json", "manifest.json"):
        (tmp_path / name).write_bytes((shipped_model / name).read_bytes())
    (tmp_path / "onnx").mkdir()
    with pytest.raises(ModelError, match=r"strict\.int8\.onnx is missing, though .* whose file is there \(none\)"):
        Recognizer.load(tmp_path)
    (tmp_path / "onnx/strict.int8.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"strict\.int8\.onnx has the size 5"):
        Recognizer.load(tmp_path)


def test_importing_the_package_loads_no_library(root):
    libraries = ["numpy", "scipy", "PIL", "onnxruntime", "msgspec", "rich"]
    code = f"import kakitori.errors, sys, json; print(json.dumps([m for m in {libraries} if m in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == []


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import kakitori

    with pytest.raises(AttributeError, match="no attribute 'Recogniser'"):
        _ = kakitori.Recogniser
