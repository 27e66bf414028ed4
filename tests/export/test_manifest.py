"""A damaged manifest is refused, and the message names the row and the field."""

import json

import msgspec
import pytest

from export.manifest import find_row, keep_rows, write_manifest
from kakitori.charset import get_charset
from kakitori.errors import KakitoriError, ModelError
from kakitori.model_directory import read_manifest
from kakitori.schemas.manifest import Manifest
from kakitori.spec import ModelSpec


def row(variant="strict.int8"):
    backend, precision = variant.split(".")
    return {
        "variant": variant,
        "file": f"onnx/{variant}.onnx",
        "backend": backend,
        "precision": precision,
        "pooling": "fixed_avg",
        "opset": 11,
        "bytes": 1,
        "sha256": "0" * 64,
        "operators": {"Conv": 1},
        "exporter": "torchscript",
        "parity": {"max_logit_difference": 0.5, "argmax_agreement": 1.0, "inputs": 64, "engine": "onnxruntime"},
        "accuracy": {"ink": {"top1_percent": 99.0, "fp32_top1_percent": 99.5, "images": 500}},
    }


def document(*rows):
    head = {"model": "m", "charset": "etl9g", "num_classes": 2, "digest": "sha256:0",
            "model_digest": "sha256:1", "size": 64, "weights": "0" * 64}  # fmt: skip
    return {**head, "files": list(rows)}


def manifest(*rows):
    return msgspec.convert(document(*rows), Manifest)


def test_a_written_manifest_is_read_back(tmp_path):
    value = manifest(row())
    write_manifest(value, tmp_path)
    assert read_manifest(tmp_path) == value
    assert msgspec.to_builtins(find_row(value, "strict.int8")) == row()


def test_an_unknown_variant_lists_the_exported_ones():
    with pytest.raises(KakitoriError, match=r"Unknown variant 'tract\.fp32': choose one of strict\.int8, strict\.fp32"):
        find_row(manifest(row(), row("strict.fp32")), "tract.fp32")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "manifest.json does not exist: run `invoke export`"),
        ("{", "manifest.json is not valid JSON"),
        ("[]", r"manifest.json, document: expected `object`, found \[\]"),
        ("{}", "manifest.json, document: object missing required field `model`"),
    ],
)
def test_a_document_that_is_no_manifest_is_refused(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=message):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**row(), "opset": "11"}], r"field files\[0\].opset: expected `int`, found '11': run `invoke export`"),
        ([row(), {**row("a.x"), "sha256": "abc"}], r"field files\[1\].sha256: expected `str` matching .*, found 'abc'"),
        ([{**row(), "accuracy": {"ink": {}}}], r"files\[0\].accuracy.*missing required field `top1_percent`"),
        ([{**row(), "sha256": "0" * 64 + "\n"}], r"field files\[0\].sha256: expected"),
        ([{**row(), "variant": "../x"}], r"field files\[0\].variant: expected .* found '../x'"),
        ([{**row(), "note": 1}], r"field files\[0\]: object contains unknown field `note`"),
        ([row(), row()], "variant 'strict.int8' is listed 2 times, expected once"),
        ([{**row(), "file": "onnx/strict.fp32.onnx"}], "found file '.*fp32.onnx' for 'strict.int8', expected"),
        ([row("tract.int8"), {**row(), "backend": "tract"}], "found variant 'strict.int8' with backend 'tract'"),
        ([{**row(), "precision": "fp32"}], r"precision 'fp32', expected strict\.fp32 or strict\.fixed_avg\.fp32: run"),
        ([{**row(), "variant": "strict.fixed_max.int8"}], "'strict.fixed_max.int8' with .* pooling 'fixed_avg'"),
        ([{**row(), "variant": "strict"}], "found variant 'strict' with"),
        (["row"], r"field files\[0\]: expected `object`, found 'row'"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, rows, message):
    (tmp_path / "manifest.json").write_text(json.dumps(document(*rows)))
    with pytest.raises(ModelError, match=message):
        read_manifest(tmp_path)


def test_a_pooling_may_be_part_of_the_variant_name(tmp_path):
    named = {**row(), "variant": "strict.fixed_avg.int8", "file": "onnx/strict.fixed_avg.int8.onnx"}
    write_manifest(manifest(named), tmp_path)
    assert read_manifest(tmp_path) == manifest(named)


def test_a_manifest_whose_row_contradicts_itself_is_not_written(tmp_path):
    with pytest.raises(ModelError, match="with backend 'tract'"):
        write_manifest(manifest({**row(), "backend": "tract"}), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_manifest_that_lists_a_variant_twice_is_not_written(tmp_path):
    with pytest.raises(ModelError, match="listed 2 times"):
        write_manifest(manifest(row(), row()), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_row_whose_file_is_behind_a_link_out_of_the_directory_is_not_read(tmp_path):
    charset = get_charset("digits")
    spec = ModelSpec("cnn", (8,), "adaptive_avg", "digits", 10, charset.digest)
    model, elsewhere = tmp_path / "model", tmp_path / "elsewhere"
    elsewhere.mkdir()
    model.mkdir()
    (model / "onnx").symlink_to(elsewhere)
    write_manifest(manifest(row()), model)
    with pytest.raises(ModelError, match="leads out of"):
        keep_rows(model, spec, set(), print)
