"""The whole export: the files of the model directory, which is unchanged if a check fails."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from export import to_onnx, variants
from export.backends import BACKENDS
from export.build import plan_variants
from export.errors import AccuracyError, ParityError, VariantsFailed
from export.manifest import is_absent, is_intact
from export.report.measure import open_variant
from kakitori.errors import KakitoriError, ModelError
from kakitori.model_directory import open_model, read_manifest
from training.models.weights import load_network, save_network


def files(model_dir):
    return {str(path.relative_to(model_dir)): path.read_bytes() for path in model_dir.rglob("*") if path.is_file()}


def edit_json(path, change):
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_two_exports_are_the_same_bytes(make_model, export):
    first = make_model()
    second = shutil.copytree(first, first.parent / "elsewhere" / first.name)
    rows = export(first, ["strict"], ["all"])
    export(second, ["strict"], ["all"])
    assert files(first) == files(second)
    assert [row.precision for row in rows] == list(BACKENDS["strict"].precisions)


@pytest.mark.slow
@pytest.mark.parametrize("arch", ["compact", "cnn"])
def test_two_exports_of_all_variants_are_the_same_bytes(make_model, export, arch, monkeypatch):
    monkeypatch.setitem(to_onnx.EXPORTERS, "torch.export", to_onnx.export_dynamo)
    first = make_model(arch)
    second = shutil.copytree(first, first.parent / "elsewhere" / first.name)
    lines = []
    rows = export(first, ["all"], ["all"], lines=lines)
    export(second, ["all"], ["all"])
    assert files(first) == files(second)
    assert {row.file for row in rows} | {"mapping.json", "manifest.json"} <= files(first).keys()
    assert {(row.backend, row.precision) for row in rows} == {
        (backend.name, precision) for backend in BACKENDS.values() for precision in backend.precisions
    }
    assert "strict: pooling adaptive_avg becomes fixed_avg, the same function at the trained size." in lines


def test_the_manifest_has_the_facts_of_the_files(make_model, export):
    model = make_model()
    rows = export(model)
    manifest = open_model(model).manifest
    assert manifest.files == rows
    assert (manifest.model, manifest.charset, manifest.num_classes, manifest.size) == ("tiny", "etl9g", 10, 32)
    fp32, int8 = rows
    for row in rows:
        data = (model / row.file).read_bytes()
        assert (row.bytes, row.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert (row.backend, row.pooling, row.opset) == ("strict", "fixed_avg", 11)
        assert row.exporter == "torchscript"
        assert row.parity.engine.startswith("onnxruntime ")
        assert row.accuracy["ink"].images == 500
    assert (fp32.variant, int8.variant) == ("strict.fp32", "strict.int8")
    assert fp32.operators["Conv"] == int8.operators["Conv"] == 8
    assert int8.operators["DequantizeLinear"] > 20
    assert int8.bytes < fp32.bytes
    assert fp32.parity.max_logit_difference < 1e-4
    assert (fp32.parity.argmax_agreement, fp32.parity.inputs) == (1.0, 64)


def test_a_backend_keeps_the_trained_pooling_or_makes_it_fixed():
    lines = []
    planned = plan_variants(["all"], ["fp32", "int8"], "adaptive_max", None, lines.append)
    assert [variant.name for variant in planned] == [
        "tract.adaptive_max.fp32",
        "tract.adaptive_max.int8",
        "ort-tract.fixed_max.fp32",
        "ort-tract.fixed_max.int8",
        "strict.fixed_max.fp32",
        "strict.fixed_max.int8",
    ]
    assert lines == [
        f"{backend}: pooling adaptive_max becomes fixed_max, the same function at the trained size."
        for backend in ("ort-tract", "strict")
    ]


def test_the_rows_of_a_backend_name_its_opset_and_exporter(exported_model):
    rows = read_manifest(exported_model).files
    assert {(row.backend, row.opset, row.exporter, row.pooling) for row in rows} == {
        ("tract", 12, "torch.export", "adaptive_avg"),
        ("strict", 11, "torchscript", "fixed_avg"),
    }


def test_a_failed_check_leaves_the_directory_as_it_was(exported_model, export, monkeypatch):
    model = exported_model
    before = files(model)
    monkeypatch.setitem(variants.SCHEMES, "static-qdq", ruin)
    with pytest.raises(AccuracyError, match=r"^strict\.int8: Top-1 accuracy on 500 images of 'ink' fell \d+\.\d\d poi"):
        export(model)
    assert files(model) == before


def test_every_failure_is_reported(make_model, export, monkeypatch):
    model = make_model()
    before = files(model)
    monkeypatch.setitem(variants.SCHEMES, "static-qdq", ruin)
    monkeypatch.setitem(variants.SCHEMES, "float", ruin)
    with pytest.raises(
        VariantsFailed, match=r"^2 variants failed, and nothing was written:\n  strict\.fp32: "
    ) as caught:
        export(model)
    assert [type(error) for error in caught.value.failures] == [ParityError, AccuracyError]
    assert "  strict.int8: Top-1 accuracy" in str(caught.value)
    assert files(model) == before


def ruin(model, _trained):
    """Return the model with a classifier that prefers class 3."""
    spoilt = type(model)()
    spoilt.CopyFrom(model)
    bias = next(tensor for tensor in spoilt.graph.initializer if list(tensor.dims) == [10])
    bias.raw_data = (np.arange(10) == 3).astype(np.float32).__mul__(1000).tobytes()
    return spoilt


def test_nan_is_a_parity_error(make_model, export, monkeypatch):
    def poison(model, _trained):
        bias = next(tensor for tensor in model.graph.initializer if list(tensor.dims) == [10])
        bias.raw_data = np.full(10, np.nan, np.float32).tobytes()
        return model

    monkeypatch.setitem(variants.SCHEMES, "float", poison)
    with pytest.raises(ParityError, match="differ from PyTorch's by up to nan on 64 inputs"):
        export(make_model(), precisions=["fp32"])


def test_other_rows_are_kept_while_they_hold(exported_model, export):
    model = exported_model
    (model / "onnx/tract.fp32.onnx").write_bytes(b"changed")
    lines = []
    export(model, ["strict"], ["int8"], lines=lines)
    left = {row.variant for row in read_manifest(model).files}
    assert left == {"strict.fp32", "strict.int8", "strict.int4-weights", "tract.int8", "tract.int4-weights"}
    assert "tract.fp32: row dropped from manifest.json, onnx/tract.fp32.onnx has changed since it was checked" in lines


def test_the_row_of_an_absent_file_is_kept(exported_model, export):
    before = read_manifest(exported_model).files
    (exported_model / "onnx/tract.int8.onnx").unlink()
    export(exported_model, ["strict"], ["int8"])
    assert read_manifest(exported_model).files == before
    assert export(exported_model, ["tract"], ["int8"]) == [row for row in before if row.variant == "tract.int8"]


def test_rows_of_other_weights_are_dropped(exported_model, export):
    model = exported_model
    edit_json(model / "manifest.json", lambda manifest: manifest.update(weights="0" * 64))
    lines = []
    export(model, ["strict"], ["fp32"], lines=lines)
    assert [row.variant for row in read_manifest(model).files] == ["strict.fp32"]
    assert any("made from other weights" in line for line in lines)


def test_a_damaged_old_manifest_is_replaced(make_model, export):
    model = make_model()
    (model / "manifest.json").write_text("{")
    lines = []
    export(model, precisions=["fp32"], lines=lines)
    assert [row.variant for row in read_manifest(model).files] == ["strict.fp32"]
    assert any(line.startswith("old manifest dropped: ") for line in lines)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"backends": ["onnx"]}, "Unknown backend 'onnx': choose one of tract, ort-tract, strict"),
        ({"precisions": ["int2"]}, "Unknown precision 'int2': choose one of fp32, fp16, fp16-weights, int8"),
        ({"pooling": "median"}, "Unknown pooling 'median': choose one of adaptive_avg, "),
        ({"pooling": "fixed_max"}, "takes a maximum, but these weights were trained on an average"),
    ],
)
def test_illegal_choices_are_refused(make_model, export, choices, message):
    model = make_model()
    before = files(model)
    with pytest.raises(KakitoriError, match=message):
        export(model, **choices)
    assert files(model) == before


def test_nothing_is_written_through_a_link_out_of_the_directory(make_model, export, tmp_path):
    model, elsewhere = make_model(), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (model / "onnx").symlink_to(elsewhere)
    with pytest.raises(ModelError, match="leads out of"):
        export(model)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    "read",
    [
        lambda model: open_variant(model, "strict.fp32"),
        lambda model: is_intact(model, open_model(model).manifest.files[0]),
        lambda model: is_absent(model, open_model(model).manifest.files[0]),
    ],
)
def test_no_file_is_read_through_a_link_out_of_the_directory(exported_model, tmp_path, read):
    model = exported_model
    (model / "onnx").rename(tmp_path / "elsewhere")
    (model / "onnx").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"strict\.fp32\.onnx' leads out of"):
        read(model)


def test_files_of_earlier_weights_are_refused_until_they_are_exported_again(exported_model, export):
    model = exported_model
    spec, network = load_network(model)
    network.classifier[-1].bias.data[0] -= 1e-4
    save_network(spec, network, model)
    with pytest.raises(ModelError, match=r"mapping\.json has model_digest .*: they belong to different models"):
        open_variant(model, "strict.fp32")
    export(model, precisions=["fp32"])
    open_variant(model, "strict.fp32")


def test_a_missing_model_directory_is_refused(tmp_path, export):
    with pytest.raises(ModelError, match=r"There is no model directory '.*nothing'"):
        export(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config.update(digest="sha256:0"), "charset digest 'sha256:0' is not that of 'etl9g'"),
        (lambda config: config.update(widths=[8, 16, 16, 32]), "field model_digest: found"),
        (lambda config: config.pop("size"), "missing required field `size`"),
    ],
)
def test_a_config_of_other_weights_is_refused(make_model, export, change, message):
    model = make_model()
    edit_json(model / "config.json", change)
    with pytest.raises(ModelError, match=message):
        export(model)
    assert files(model).keys() == {"config.json", "model.safetensors"}


def test_truncated_weights_are_refused(make_model, export):
    model = make_model()
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match="damaged or cut short"):
        export(model)
