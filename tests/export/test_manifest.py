"""A manifest that cannot be trusted is refused, and the sentence names the row and the field."""

import json

import pytest

from export.errors import ManifestError
from export.manifest import find_row, read_manifest, write_manifest
from kakitori.errors import KakitoriError


def row(variant="strict.int8"):
    return {
        "variant": variant,
        "file": f"onnx/{variant}.onnx",
        "backend": "strict",
        "precision": "int8",
        "pooling": "fixed_avg",
        "opset": 11,
        "bytes": 1,
        "sha256": "0" * 64,
        "operators": {"Conv": 1},
        "exporter": "torchscript",
        "parity": {},
        "accuracy": {},
    }


def manifest(*rows):
    head = {"model": "m", "charset": "etl9g", "num_classes": 2, "digest": "sha256:0", "size": 64, "weights": "0" * 64}
    return {**head, "files": list(rows)}


def test_written_and_read(tmp_path):
    value = manifest(row())
    write_manifest(value, tmp_path)
    assert read_manifest(tmp_path) == value
    assert find_row(value, "strict.int8") == row()


def test_an_unknown_variant_lists_the_exported_ones():
    with pytest.raises(KakitoriError, match=r"Unknown variant 'tract\.fp32': choose one of strict\.int8, strict\.fp32"):
        find_row(manifest(row(), row("strict.fp32")), "tract.fp32")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "manifest.json does not exist: run `invoke export`"),
        ("{", "manifest.json is not valid JSON"),
        ("[]", "manifest.json: found list, expected an object"),
        ("{}", "manifest.json: 'model' is nothing, expected str"),
    ],
)
def test_not_a_manifest(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ManifestError, match=message):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**row(), "opset": "11"}], "row 1: 'opset' is str, expected int"),
        ([row(), {**row("x"), "sha256": "abc"}], "row 2: sha256 'abc' is not 64 hex digits"),
        ([row(), row()], "row 2: variant 'strict.int8' is listed twice"),
        (["row"], "row 1: found str, expected an object"),
    ],
)
def test_a_row_at_fault(tmp_path, rows, message):
    value = manifest(*rows)
    (tmp_path / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(ManifestError, match=message):
        read_manifest(tmp_path)
    with pytest.raises(ManifestError, match=message):
        write_manifest(value, tmp_path / "new")
    assert not (tmp_path / "new").exists()
