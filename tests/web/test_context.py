"""The facts about a model on the page."""

import msgspec
import pytest

from kakitori.charset import Charset, get_charset
from kakitori.errors import KakitoriError
from kakitori.model_directory import open_model
from web.context import accuracy_rows, describe_classes, site_context
from web.errors import SiteError


@pytest.fixture
def model(model_dir):
    return open_model(model_dir)


def test_the_context_has_the_facts_of_the_model(model):
    context = site_context(model, model.manifest.files[1])
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


def test_a_variant_without_accuracy_has_that_of_the_trained_network(model):
    row = msgspec.structs.replace(model.manifest.files[0], accuracy={})
    expected = [{"name": "generated ink", "percent": 97.5, "images": None}]
    assert accuracy_rows(row, model.mapping) == expected


def test_site_errors_are_user_errors():
    assert issubclass(SiteError, KakitoriError)
