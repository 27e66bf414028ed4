"""What the model's files must agree on, and what is said when they do not."""

import json

import pytest

from kakitori.charset import Charset, get_charset
from kakitori.errors import KakitoriError
from kakitori.spec import MANIFEST_FILE, MAPPING_FILE, read_spec
from web.context import accuracy_rows, describe_classes, site_context
from web.errors import SiteError


@pytest.fixture
def files(model_dir):
    read = lambda name: json.loads((model_dir / name).read_text(encoding="utf-8"))  # noqa: E731
    return read_spec(model_dir), read(MAPPING_FILE), read(MANIFEST_FILE)


def test_facts(files):
    context = site_context(*files, "strict.int8")
    assert context["num_classes"] == 3036
    assert context["classes"] == "3,036 characters: 71 hiragana, 2,965 kanji"
    assert context["num_characters"] == 3036
    assert context["in_jis_order"]
    assert context["file"] == "onnx/strict.int8.onnx"
    assert context["accuracy"] == [{"name": "pen <&> paper", "percent": 98.76, "images": 1234}]


def test_classes_are_listed_where_they_are_few_and_counted_by_script_otherwise():
    assert describe_classes(get_charset("digits")) == "10 classes: 0 1 2 3 4 5 6 7 8 9"
    assert describe_classes(Charset("x", ("apple", "田"))) == "2 classes: apple 田"
    many = Charset("x", (*map(chr, range(0x4E00, 0x4E50)), "ア", "𠮷", "apple"))
    shapes = Charset("x", tuple("つ0" + "".join(map(chr, range(0x4E00, 0x4E50)))), ("つっ", "0Oo"))
    assert describe_classes(shapes) == "85 characters of 82 shapes: 2 hiragana, 1 digits, 2 Latin letters, 80 kanji"
    assert describe_classes(many) == "83 characters: 81 kanji, 1 katakana, 1 others"


def test_accuracy_of_the_model_stands_in(files):
    assert accuracy_rows({"accuracy": {}}, files[1]) == [{"name": "generated ink", "percent": 97.5, "images": None}]
    assert accuracy_rows({}, {}) == []


def test_unknown_variant_lists_those_there_are(files):
    with pytest.raises(SiteError, match=r"no variant 'tract\.int8'.*strict\.fp32, strict\.int8.*--variant"):
        site_context(*files, "tract.int8")


@pytest.mark.parametrize(("position", "name"), [(1, MAPPING_FILE), (2, MANIFEST_FILE)])
@pytest.mark.parametrize(("field", "value"), [("charset", "wide"), ("num_classes", 10), ("digest", "sha256:0")])
def test_files_of_different_models(files, position, name, field, value):
    files[position][field] = value
    with pytest.raises(SiteError, match=f"{name} has {field} {value!r}, and config.json has .*Run `invoke export`"):
        site_context(*files, "strict.int8")


def test_classes_out_of_order(files):
    names = files[1]["class_to_char"]
    names["0"], names["1"] = names["1"], names["0"]
    with pytest.raises(SiteError, match="names class 0 'い', and charset 'etl9g' 'あ'"):
        site_context(*files, "strict.int8")


def test_missing_codes(files):
    del files[1]["class_to_jis"]["7"]
    with pytest.raises(SiteError, match="3,035 JIS codes for 3,036 classes"):
        site_context(*files, "strict.int8")


def test_site_errors_are_user_errors():
    assert issubclass(SiteError, KakitoriError)
