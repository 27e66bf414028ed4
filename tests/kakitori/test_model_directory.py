"""A model directory whose files were exchanged, relabelled or linked elsewhere is refused by the one reader."""

import json
import shutil
from dataclasses import replace

import pytest

from export.manifest import build_manifest, write_manifest
from export.mapping import build_mapping, write_mapping
from kakitori.charset import get_charset
from kakitori.errors import ModelError
from kakitori.model_directory import current_manifest, file_in, open_model, restamp, variant_file
from kakitori.spec import Confidence, ModelSpec, model_digest, read_spec, write_spec


def write_model(folder, name="wide", **changes):
    charset = get_charset(name)
    spec = replace(ModelSpec("cnn", (8,), "adaptive_avg", name, len(charset), charset.digest), **changes)
    folder.mkdir(exist_ok=True)
    write_spec(spec, folder)
    write_mapping(build_mapping(spec, {"ink": 90}), spec, folder)
    write_manifest(build_manifest(folder, spec, []), folder)
    return folder


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory):
    """A model directory that tests copy: its 6,568 classes take a tenth of a second to write."""
    return write_model(tmp_path_factory.mktemp("models") / "model")


@pytest.fixture
def model_dir(wide_model, tmp_path):
    """A copy of the model directory that a test may damage."""
    return shutil.copytree(wide_model, tmp_path / "model")


@pytest.fixture
def exported_dir(shipped_model, tmp_path):
    """A copy of the shipped model that a test may damage."""
    return shutil.copytree(shipped_model, tmp_path / "exported")


def edit(path, change):
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def swap(table, first, second):
    table[first], table[second] = table[second], table[first]


def test_a_model_opens_with_all_its_files(model_dir):
    model = open_model(model_dir)
    assert model.spec == read_spec(model_dir)
    assert model.charset == get_charset("wide")
    assert model.mapping.model_info.accuracy == {"ink": 90}
    assert model.manifest.model == "model"


@pytest.mark.parametrize("name", ["mapping.json", "manifest.json"])
@pytest.mark.parametrize(
    ("field", "value"),
    [("charset", "etl9g"), ("num_classes", 10), ("digest", "sha256:0"), ("model_digest", "sha256:0")],
)
def test_files_of_different_models_are_refused(model_dir, name, field, value):
    edit(model_dir / name, lambda document: document.update({field: value}))
    expected = rf"{name} has {field} {value!r}, and config\.json has .*different models; run `invoke export` again"
    with pytest.raises(ModelError, match=expected):
        open_model(model_dir)


@pytest.mark.parametrize(("field", "value"), [("size", 32), ("weights", "1" * 64)])
def test_a_manifest_of_other_weights_or_another_size_is_refused(model_dir, field, value):
    edit(model_dir / "manifest.json", lambda document: document.update({field: value}))
    with pytest.raises(ModelError, match=f"manifest.json has {field}"):
        open_model(model_dir)


def relabel(mapping):
    for table in (mapping["class_to_char"], mapping["class_to_jis"]):
        swap(table, "500", "501")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: swap(m["class_to_char"], "500", "501"), "class 500 is '.', expected '.' of charset 'wide'"),
        (relabel, "class 500 is '.', expected '.' of charset 'wide'"),
        (lambda m: swap(m["class_to_jis"], "500", "501"), "class 500 '.' has JIS code"),
        (lambda m: m["class_to_jis"].pop("500"), "class_to_jis has 6567 classes, expected 0 to 6567 in order"),
        (lambda m: m["class_to_jis"].update({"500": "24"}), "field class_to_jis.*: expected `str` matching"),
        (lambda m: m["homoglyph_to_jis"].update({"っ": "2444"}), "homoglyph 'っ' has JIS code '2444'"),
        (lambda m: m["class_to_homoglyphs"].clear(), "class .* has the homoglyphs None"),
        (lambda m: m["homoglyph_to_place"]["っ"].update(size=[0, 1]), "homoglyph 'っ' has the place"),
        (lambda m: m["homoglyph_to_place"]["っ"].update(size=[0, 7]), "field homoglyph_to_place"),
        (lambda m: m.update(note=1), "unknown field `note`"),
    ],
)
def test_a_mapping_with_other_classes_codes_or_homoglyphs_is_refused(model_dir, change, message):
    edit(model_dir / "mapping.json", change)
    with pytest.raises(ModelError, match=message):
        open_model(model_dir)


def test_a_whole_mapping_of_another_confidence_is_refused(model_dir, tmp_path):
    other = write_model(tmp_path / "other", confidence=Confidence(2.0))
    (model_dir / "mapping.json").write_bytes((other / "mapping.json").read_bytes())
    with pytest.raises(ModelError, match=r"mapping\.json has model_digest"):
        open_model(model_dir)


@pytest.mark.parametrize("name", ["config.json", "mapping.json", "manifest.json"])
def test_a_file_behind_a_link_out_of_the_directory_is_refused(model_dir, tmp_path, name):
    (model_dir / name).rename(tmp_path / name)
    (model_dir / name).symlink_to(tmp_path / name)
    with pytest.raises(ModelError, match=f"{name}' leads out of '.*model', expected a file in it"):
        open_model(model_dir)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "onnx/../../x", "link/x"])
def test_names_that_lead_out_of_the_directory_are_refused(model_dir, tmp_path, name):
    (model_dir / "link").symlink_to(tmp_path)
    with pytest.raises(ModelError, match="leads out of"):
        file_in(model_dir, name)


def test_a_link_inside_the_directory_and_a_linked_directory_are_followed(model_dir, tmp_path):
    (model_dir / "latest").symlink_to(model_dir / "onnx")
    (tmp_path / "alias").symlink_to(model_dir)
    assert file_in(tmp_path / "alias", "latest/a.onnx") == tmp_path / "alias/latest/a.onnx"


def test_a_new_confidence_keeps_mapping_and_manifest(model_dir):
    mapping = json.loads((model_dir / "mapping.json").read_text(encoding="utf-8"))
    spec = replace(read_spec(model_dir), confidence=Confidence(0.5, 1.0, 0.1))
    restamp(model_dir, spec)
    model = open_model(model_dir)
    assert model.spec.confidence == spec.confidence
    assert json.loads((model_dir / "mapping.json").read_text(encoding="utf-8")) == mapping | {
        "model_digest": model_digest(spec)
    }


def test_a_new_confidence_does_not_adopt_a_mapping_of_another_model(model_dir):
    edit(model_dir / "mapping.json", lambda document: document.update(model_digest="sha256:0"))
    restamp(model_dir, replace(read_spec(model_dir), confidence=Confidence(0.5)))
    with pytest.raises(ModelError, match=r"mapping\.json has model_digest 'sha256:0'"):
        open_model(model_dir)


def test_a_new_confidence_of_a_model_that_was_not_exported(tmp_path):
    charset = get_charset("digits")
    spec = ModelSpec("cnn", (8,), "adaptive_avg", "digits", 10, charset.digest)
    write_spec(spec, tmp_path)
    restamp(tmp_path, replace(spec, confidence=Confidence(0.5)))
    assert read_spec(tmp_path).confidence == Confidence(0.5)


def test_the_manifest_of_other_weights_is_not_current(model_dir):
    assert current_manifest(model_dir) == open_model(model_dir).manifest
    write_spec(replace(read_spec(model_dir), weights="1" * 64), model_dir)
    assert current_manifest(model_dir) is None
    (model_dir / "manifest.json").unlink()
    assert current_manifest(model_dir) is None


def test_a_variants_row_and_file_are_found(exported_dir):
    model = open_model(exported_dir)
    row, path = variant_file(model, "strict.int8")
    assert (row.variant, path) == ("strict.int8", exported_dir / "onnx/strict.int8.onnx")
    assert row in model.manifest.files


def test_a_variant_that_was_not_exported_is_refused_with_the_others(exported_dir):
    model = open_model(exported_dir)
    listed = ", ".join(row.variant for row in model.manifest.files)
    with pytest.raises(ModelError, match=f"manifest.json has no variant 'tract.int3': choose one of {listed}, or make"):
        variant_file(model, "tract.int3")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: None, "strict.int8.onnx is missing, though manifest.json lists it"),
        (lambda content: content[:-1], r"strict.int8.onnx has the size \d+, and manifest.json has \d+"),
        (lambda content: content[:-1] + b"?", r"strict.int8.onnx has the SHA-256 \w{64}, and manifest.json has \w{64}"),
    ],
)
def test_a_variants_file_that_is_missing_or_another_is_refused(exported_dir, change, message):
    path = exported_dir / "onnx/strict.int8.onnx"
    content = change(path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        variant_file(open_model(exported_dir), "strict.int8")
