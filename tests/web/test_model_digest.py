"""`model_digest`: the fixture agrees with its definition, computed here step by step, and with JavaScript.

tests/assets/model_digest.json holds config.json, mapping.json and manifest.json of two models of three classes, without
weights and network: "wide" has the first classes of that charset, one of six homoglyphs; "words" has a word, a
character beyond JIS X 0208 and the BMP, and a kanji. It was made with `export.mapping.build_mapping` and the digests
that this test computes.
"""

import hashlib
import json
import struct

import pytest


@pytest.fixture(scope="module")
def documents(root):
    """The fixture: config, mapping and manifest by the model's name."""
    return json.loads((root / "tests/assets/model_digest.json").read_text(encoding="utf-8"))


def float64_hex(*values):
    return [struct.pack(">d", value).hex() for value in values]


def expected_text(config, mapping):
    """Return the text that `model_digest` is the SHA-256 of."""
    confidence = config["confidence"]
    lines = [
        "kakitori model 2",
        f"weights {config['weights']}",
        f"charset {config['charset']}",
        f"network {config['arch']} {','.join(map(str, config['widths']))} {config['pooling']} {config['rank'] or '-'}",
        " ".join(["input", str(config["size"]), *float64_hex(config["margin"], config["radius"])]),
        " ".join(["confidence", *float64_hex(*(confidence[name] for name in (
            "temperature", "rejection_temperature", "threshold")))]),
    ]  # fmt: skip
    for index, char in mapping["class_to_char"].items():
        fields = [char, mapping["class_to_jis"][index] or "-"]
        for homoglyph in mapping.get("class_to_homoglyphs", {}).get(index, []):
            place = mapping["homoglyph_to_place"].get(homoglyph)
            numbers = ",".join(float64_hex(*place["size"], *place["middle"])) if place else "-"
            fields.append(f"{homoglyph}:{mapping['homoglyph_to_jis'][homoglyph] or '-'}:{numbers}")
        lines.append("\t".join(fields))
    return "\n".join(lines)


@pytest.mark.parametrize("model", ["wide", "words"])
def test_the_fixtures_digest_is_that_of_the_definition(documents, model):
    config, mapping, manifest = (documents[model][name] for name in ("config", "mapping", "manifest"))
    digest = "sha256:" + hashlib.sha256(expected_text(config, mapping).encode()).hexdigest()
    assert config["model_digest"] == mapping["model_digest"] == manifest["model_digest"] == digest


def test_javascript_computes_the_same_digest_and_refuses_every_change(run_node):
    run_node("--test", "--test-reporter=spec", "tests/web/model.test.mjs")
