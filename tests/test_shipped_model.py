"""The model directories in git: complete, consistent, and as accurate as recorded."""

import json
import shutil

import numpy as np
import pytest

import doctor
from export.manifest import find_row
from export.report.card import make_card
from export.report.measure import open_variant
from kakitori.errors import ModelError
from kakitori.files import sha256_of
from kakitori.ink import to_tensor
from kakitori.model_directory import open_model
from kakitori.recognizer import Recognizer
from kakitori.spec import WEIGHTS_FILE, read_spec
from training.data.prepared import TEST
from training.ink.source import InkSource
from training.models.weights import load_network, network_predictor
from web.models import read_models

VARIANT = "strict.int8"
CHARSETS = {"kanji": ("etl9g", 3036), "kanji-wide": ("wide", 6568)}
LEAST_TOP1 = {"kanji": 0.95, "kanji-wide": 0.93}  # measured on `clean_ink`: 0.963 and 0.940
# Backends and precisions of the exports that make all files. int4 loses more than its limit with 6,568 classes.
EXPORTS = {
    "kanji": [(["all"], ["all"])],
    "kanji-wide": [(["all"], ["fp32", "fp16-weights", "int8", "int8-weights"]), (["strict"], ["fp16"])],
}


@pytest.fixture(scope="module", params=CHARSETS)
def shipped(request, root):
    """Each model directory in git."""
    return root / "models" / request.param


@pytest.fixture(scope="module")
def clean_ink(shipped):
    """Inputs (300, 1, H, W) and labels of generated ink that is not in the training images."""
    spec = read_spec(shipped)
    labels = np.linspace(0, spec.num_classes - 1, 300).astype(np.int64)
    images = InkSource(spec.get_charset(), ["camera"]).images(labels, spec.size, (TEST, 7))
    return to_tensor(images / np.float32(255)), labels


def test_it_has_every_class_and_names_its_licence(shipped):
    spec = read_spec(shipped)
    assert (spec.charset, spec.num_classes) == CHARSETS[shipped.name]
    assert spec.size == 64
    assert spec.data[0]["licence"] == "CC BY-SA 3.0"


def test_its_files_belong_together(shipped):
    spec, manifest = read_spec(shipped), open_model(shipped).manifest
    mapping = json.loads((shipped / "mapping.json").read_text(encoding="utf-8"))
    assert spec.digest == manifest.digest == mapping["digest"]
    assert manifest.weights == sha256_of(shipped / WEIGHTS_FILE)
    row = find_row(manifest, VARIANT)
    assert row.sha256 == sha256_of(shipped / row.file)


def test_its_int8_file_loses_less_than_the_limit(shipped):
    accuracy = find_row(open_model(shipped).manifest, VARIANT).accuracy["ink"]
    assert accuracy.fp32_top1_percent - accuracy.top1_percent <= 0.3


def test_its_card_is_that_of_the_measured_files(shipped):
    assert (shipped / "README.md").read_text(encoding="utf-8") == make_card(shipped)


def test_its_matrix_is_of_these_files_and_has_no_red_cell(shipped_model):
    matrix = json.loads((shipped_model / "compat.json").read_text(encoding="utf-8"))
    run = {(s["model"], s["name"]): s["sha256"] for s in matrix["subjects"]}
    for row in open_model(shipped_model).manifest.files:
        assert run["kanji", row.variant] == row.sha256, "run `invoke compat` again"
    cells = [cell for subject in matrix["subjects"] for cell in subject["cells"].values()]
    assert {cell["status"] for cell in cells} == {"green", "grey"}
    assert all(cell["reason"] for cell in cells if cell["status"] == "grey")


def test_its_log_and_measurements_are_there(shipped):
    for name in ("training_log.csv", "training_curves.png", "evaluation.json", "bench.json"):
        assert (shipped / name).stat().st_size > 0


def test_its_weights_read_generated_ink_that_they_were_not_trained_on(shipped, clean_ink):
    inputs, labels = clean_ink
    assert (network_predictor(load_network(shipped)[1])(inputs).argmax(1) == labels).mean() >= LEAST_TOP1[shipped.name]


def test_its_int8_file_answers_like_its_weights(shipped, clean_ink):
    inputs, _ = clean_ink
    expected = network_predictor(load_network(shipped)[1])(inputs).argmax(1)
    assert (open_variant(shipped, VARIANT)[0](inputs).argmax(1) == expected).mean() >= 0.99


@pytest.mark.slow
def test_every_file_comes_back_byte_for_byte(shipped, tmp_path, monkeypatch):
    from export import check_images
    from export.build import export_model

    # The images that files are checked on change no byte of them: a third of them takes half the time.
    monkeypatch.setattr(check_images, "EVALUATION_PER_CLASS", 1)
    monkeypatch.setattr(check_images, "EVALUATION_MINIMUM", 0)
    for name in ("config.json", WEIGHTS_FILE):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    rows = []
    for backends, precisions in EXPORTS[shipped.name]:
        rows += export_model(tmp_path, backends, precisions, report=lambda line: None)
    digests = {row.file: row.sha256 for row in open_model(shipped).manifest.files}
    assert {row.file: row.sha256 for row in rows} == digests
    assert {file: sha256_of(tmp_path / file) for file in digests} == digests


@pytest.mark.parametrize("use", [
    pytest.param(lambda model: Recognizer.load(model), id="recognizer"),
    pytest.param(lambda model: open_variant(model, VARIANT), id="evaluate"),
    pytest.param(lambda model: read_models([model], VARIANT), id="site"),
    pytest.param(lambda model: doctor.check_variant(model, VARIANT), id="doctor"),
])  # fmt: skip
def test_no_reader_opens_a_file_with_another_sha256(shipped_model, tmp_path, use):
    copy = shutil.copytree(shipped_model, tmp_path / "model")
    use(copy)
    path = copy / f"onnx/{VARIANT}.onnx"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"strict\.int8\.onnx has the SHA-256"):
        use(copy)
