"""config.json: every field has bounds, fields agree, and the digest covers what gives an answer its meaning."""

import hashlib
import json
import struct
from dataclasses import replace

import pytest

from kakitori.charset import Charset, get_charset
from kakitori.errors import KakitoriError, ModelError
from kakitori.homoglyphs import PLACES
from kakitori.spec import (
    KANJIVG_LICENCE,
    NO_WEIGHTS,
    Confidence,
    ModelSpec,
    join_licences,
    model_digest,
    read_spec,
    write_spec,
)

WORDS = ("apple", "\U00020bb7", "田")  # the second is beyond JIS X 0208


@pytest.fixture
def spec():
    charset = get_charset("digits")
    return ModelSpec("resnet", (8, 16), "adaptive_avg", "digits", 10, charset.digest, data=(KANJIVG_LICENCE,))


def words_spec():
    return ModelSpec("cnn", (8,), "avg_2x2", "words", 3, Charset("words", WORDS).digest, characters=WORDS, rank=5)


@pytest.mark.parametrize("make", [words_spec, lambda: replace(words_spec(), confidence=Confidence(0.5, 1.0, 0.25))])
def test_a_spec_is_written_and_read(tmp_path, make):
    write_spec(make(), tmp_path)
    read = read_spec(tmp_path)
    assert read == make()
    assert (read.confidence, read.data, read.training) == (make().confidence, (), {})
    assert read.get_charset().characters == WORDS


def with_confidence(**values):
    return {"confidence": {"temperature": 1, "rejection_temperature": 1, "threshold": 0, "fitted_on": "", "images": 0,
                           **values}}  # fmt: skip


LICENCE = dict(KANJIVG_LICENCE)
WRONG = [
    ({"margin": 7}, "field margin: expected `float` < 0.5, found 7"),
    ({"margin": -0.1}, "field margin"),
    ({"radius": -5}, "field radius: expected `float` > 0.0, found -5"),
    ({"radius": 0}, "field radius"),
    ({"radius": 1e9}, "field radius"),
    ({"size": 60}, "size 60 is not one of 32, 48, 64, 96, 128"),
    ({"widths": [100_000]}, r"field widths\[0\]: expected `int` <= 4096, found 100000"),
    ({"widths": [8] * 100_000}, "field widths: expected `array` of length <= 16"),
    ({"widths": [0]}, r"field widths\[0\]"),
    ({"widths": []}, "field widths"),
    ({"widths": "8"}, "field widths: expected `array`, found '8'"),
    ({"rank": 0}, "field rank: expected `int` >= 1, found 0"),
    ({"num_classes": 1}, "field num_classes: expected `int` >= 2"),
    ({"num_classes": 11}, "num_classes 11, and charset 'digits' has 10 characters"),
    ({"num_classes": 5000}, "num_classes 5,000, and charset 'digits' has 10 characters"),
    ({"num_classes": 9}, "is not that of 'digits' with 9 classes .* the classes would be misread"),
    ({"charset": "klingon"}, "Unknown charset 'klingon'"),
    ({"pooling": "median"}, "Unknown pooling 'median'"),
    ({"pooling": "adaptive_max"}, "field model_digest: found"),
    ({"arch": "cnn"}, "field model_digest: found"),
    ({"widths": [8, 17]}, "field model_digest: found"),
    ({"rank": 4}, "field model_digest: found"),
    ({"characters": ["a", "b", "c"]}, "num_classes 10, and charset 'digits' has 3 characters"),
    ({"characters": ["a", "b\nc"]}, r"field characters\[1\]: expected `str` matching"),
    ({"characters": ["a", ""]}, r"field characters\[1\]"),
    ({"characters": ["a", "x" * 201]}, r"field characters\[1\]: expected `str` of length <= 200"),
    ({"characters": ["a", "か\u3099"]}, "field characters: found .*, expected its NFC form 'が'"),
    ({"characters": ["a", "a"], "num_classes": 2}, "has a class twice"),
    (with_confidence(temperature=0), "field confidence.temperature: expected `float` > 0.0, found 0"),
    (with_confidence(temperature=-1), "field confidence.temperature"),
    (with_confidence(temperature="warm"), "field confidence.temperature"),
    (with_confidence(rejection_temperature=0), "field confidence.rejection_temperature"),
    (with_confidence(threshold=1), "field confidence.threshold: expected `float` < 1.0, found 1"),
    (with_confidence(threshold=-0.1), "field confidence.threshold"),
    (with_confidence(images=-1), "field confidence.images"),
    ({"confidence": {}}, "field confidence: object missing required field `temperature`"),
    ({"temperature": 1}, "document: object contains unknown field `temperature`"),
    ({"weights": "0" * 63}, "field weights: expected"),
    ({"data": [LICENCE | {"url": "javascript:alert(1)"}]}, r"field data\[0\].url: .* found 'javascript:alert\(1\)'"),
    ({"data": [LICENCE | {"url": 'https://a.org/"onclick='}]}, r"field data\[0\].url"),
    ({"data": {"source": "KanjiVG"}}, "field data: expected `array`"),
    ({"data": [{"source": "KanjiVG"}]}, r"field data\[0\]: object missing required field"),
    ({"model_digest": "sha256:0"}, "field model_digest: found 'sha256:0', expected 'sha256:"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_wrong_config_is_refused_with_its_field(tmp_path, spec, change, message):
    write_spec(spec, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(ModelError, match=message) as caught:
        read_spec(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_temperature_that_is_no_finite_number_is_refused(tmp_path, spec, number):
    write_spec(spec, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"temperature": 1.0', f'"temperature": {number}'))
    with pytest.raises(ModelError, match=r"config\.json"):
        read_spec(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"margin": 0.5}, "config.json cannot be written, field margin"),
        ({"widths": (8, 10**6)}, r"config.json cannot be written, field widths\[1\]"),
        ({"confidence": Confidence(float("nan"))}, "cannot be written, field confidence.temperature: .*, found nan"),
        ({"confidence": Confidence(threshold=1.0)}, "cannot be written, field confidence.threshold"),
        ({"num_classes": 11}, "num_classes 11, and charset"),
        ({"size": 60}, "size 60 is not one of"),
        ({"data": (KANJIVG_LICENCE | {"url": "javascript:x"},)}, r"field data\[0\].url"),
        ({"training": {"loss": float("inf")}}, "not a finite number"),
    ],
)
def test_a_wrong_spec_is_not_written(tmp_path, spec, change, message):
    with pytest.raises(ModelError, match=message):
        write_spec(replace(spec, **change), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_config_behind_a_link_out_of_the_directory_is_refused(tmp_path, spec):
    write_spec(spec, tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.json").symlink_to(tmp_path / "a" / "config.json")
    with pytest.raises(ModelError, match="leads out of"):
        read_spec(tmp_path / "b")


def test_the_digest_is_that_of_its_lines():
    f64 = lambda value: struct.pack(">d", value).hex()  # noqa: E731
    spec = replace(words_spec(), weights="ab" * 32, confidence=Confidence(0.5, 1.0, 0.25))
    lines = [
        "kakitori model 2", "weights " + "ab" * 32, "charset words", "network cnn 8 avg_2x2 5",
        f"input 64 {f64(0.05)} {f64(1.3)}",
        f"confidence {f64(0.5)} {f64(1)} {f64(0.25)}", "apple\t-", "\U00020bb7\t-", "田\t4544",
    ]  # fmt: skip
    assert f64(1) == "3ff0000000000000"
    assert model_digest(spec) == "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_digest_covers_homoglyphs_with_their_codes_and_places(monkeypatch):
    charset = get_charset("wide")
    spec = ModelSpec("cnn", (8,), "adaptive_avg", "wide", len(charset), charset.digest)
    before = model_digest(spec)
    monkeypatch.delitem(PLACES, "っ")
    assert model_digest(spec) != before


@pytest.mark.parametrize(
    "change",
    [
        {"arch": "cnn"}, {"widths": (8, 15)}, {"widths": (816,)}, {"pooling": "adaptive_max"}, {"rank": 4},
        {"weights": "1" * 64}, {"size": 48}, {"margin": 0.06}, {"radius": 1.2},
        {"confidence": Confidence(2.0)}, {"confidence": Confidence(1.0, 2.0)},
        {"confidence": Confidence(1.0, 1.0, 0.5)},
    ],
)  # fmt: skip
def test_the_digest_covers_weights_network_input_and_confidence(spec, change):
    assert spec.weights == NO_WEIGHTS
    assert model_digest(replace(spec, **change)) != model_digest(spec)


def test_the_shipped_models_have_these_digests(root):
    """The JavaScript library computes the same; a change of either needs a new format line."""
    found = {name: model_digest(read_spec(root / "models" / name)) for name in ("kanji", "kanji-wide")}
    assert found == {
        "kanji": "sha256:27ceedda3e8cf1b8c24b5b92fc4f032be9945ffbdaf94fdbe9180a513a85a687",
        "kanji-wide": "sha256:b09bc43edee071ceb4b79dcaeb1da6a549c174ef694badc7e539d2f1079c4e58",
    }


def test_licences_are_joined_with_each_value_once():
    rows = [KANJIVG_LICENCE, KANJIVG_LICENCE | {"url": "", "attribution": "Other."}]
    assert join_licences(rows, "licence") == "CC BY-SA 3.0"
    assert join_licences(rows, "attribution") == KANJIVG_LICENCE["attribution"] + "; Other."
    assert join_licences(rows, "url") == KANJIVG_LICENCE["url"]
    assert join_licences([], "url") == ""


def test_model_errors_are_user_errors():
    assert issubclass(ModelError, KakitoriError)
