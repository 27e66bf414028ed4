"""Every class's JIS code and character are each other's, by a codec that did not make them."""

import json

import pytest

from export.errors import MappingError
from export.mapping import build_mapping, char_of, check_mapping, jis_of, write_mapping
from kakitori.charset import Charset, get_charset
from kakitori.spec import ModelSpec


@pytest.fixture
def full():
    """Return the mapping of all 3,036 classes and its spec."""
    charset = get_charset("etl9g")
    spec = ModelSpec("resnet", (8,), "adaptive_avg", "etl9g", len(charset), charset.digest)
    return build_mapping(charset, "ink", {"ink": 99.5}), spec


def test_all_classes_round_trip(full, tmp_path):
    mapping, spec = full
    write_mapping(mapping, spec, tmp_path)
    read = json.loads((tmp_path / "mapping.json").read_text(encoding="utf-8"))
    assert list(read) == ["charset", "num_classes", "digest", "class_to_jis", "class_to_char", "model_info"]
    assert len(read["class_to_jis"]) == len(read["class_to_char"]) == read["num_classes"] == 3036
    for index, code in read["class_to_jis"].items():
        character = read["class_to_char"][index]
        assert bytes(int(code[i : i + 2], 16) | 0x80 for i in (0, 2)).decode("euc_jp") == character
        assert (jis_of(character), char_of(code)) == (code, character)


def test_known_classes(full):
    mapping, _ = full
    assert (mapping["class_to_char"]["0"], mapping["class_to_jis"]["0"]) == ("あ", "2422")
    assert mapping["class_to_jis"]["1"] == "2424"
    assert {mapping["class_to_char"][i]: code for i, code in mapping["class_to_jis"].items()}["田"] == "4544"
    assert mapping["model_info"] == {"dataset": "ink", "accuracy": {"ink": 99.5}}


@pytest.mark.parametrize(
    ("table", "value", "message"),
    [
        ("class_to_jis", "2425", "class 0 is 'あ' with JIS code '2425', but ISO-2022-JP writes 'あ' as '2422'"),
        ("class_to_jis", None, "class 0 is 'あ' with JIS code None"),
        ("class_to_jis", "zz", "class 0 is 'あ' with JIS code 'zz'"),
        ("class_to_char", "い", "its characters have digest sha256:.* trained with sha256:"),
    ],
)
def test_a_wrong_class_is_named_and_nothing_written(full, tmp_path, table, value, message):
    mapping, spec = full
    mapping[table]["0"] = value
    with pytest.raises(MappingError, match=message):
        write_mapping(mapping, spec, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_class_is_refused(full):
    mapping, spec = full
    del mapping["class_to_jis"]["3035"]
    with pytest.raises(MappingError, match="class_to_jis holds 3035 classes, expected 0 to 3035 in order"):
        check_mapping(mapping, spec)


def test_characters_of_one_shape_stand_with_their_codes_and_places():
    charset = get_charset("wide")
    mapping = build_mapping(charset, None, {})
    spec = ModelSpec("resnet", (8,), "adaptive_avg", "wide", len(charset), charset.digest)
    check_mapping(json.loads(json.dumps(mapping)), spec)
    assert mapping["class_to_homoglyphs"][str(charset.index("っ"))] == ["つ", "っ"]
    assert (mapping["homoglyph_to_jis"]["っ"], mapping["homoglyph_to_jis"]["o"]) == ("2443", "236F")
    assert mapping["homoglyph_to_place"]["っ"] == {"size": (0, 0.5), "middle": (0.45, 1)}
    assert mapping["class_to_jis"][str(charset.index("A"))] == "2341"


def test_a_wrong_reading_is_named():
    charset = get_charset("wide", 30)
    mapping = build_mapping(charset, None, {})
    mapping["class_to_homoglyphs"]["0"][0] = "。"
    with pytest.raises(MappingError, match="class 0 is '、', and its first reading '。'"):
        check_mapping(mapping, ModelSpec("resnet", (8,), "adaptive_avg", "wide", 30, charset.digest))


def test_a_class_beyond_jis_has_null():
    charset = Charset("odd", ("あ", "𠮟", "é"))
    mapping = build_mapping(charset, None, {})
    assert mapping["class_to_jis"] == {"0": "2422", "1": None, "2": None}
    check_mapping(mapping, ModelSpec("resnet", (8,), "adaptive_avg", "odd", 3, charset.digest))
