"""Every class has the JIS code of its character, by another codec than the one that the charsets are made with."""

import json

import pytest

from export.mapping import build_mapping, write_mapping
from kakitori.charset import Charset, get_charset
from kakitori.errors import ModelError
from kakitori.mapping_check import char_of, check_mapping, jis_of
from kakitori.model_directory import read_mapping
from kakitori.schemas.mapping import HomoglyphPlace
from kakitori.spec import ModelSpec


def spec_of(charset, characters=None):
    return ModelSpec("resnet", (8,), "adaptive_avg", charset.name, len(charset), charset.digest, characters=characters,
                     training={"dataset": "ink"})  # fmt: skip


@pytest.fixture
def full():
    """The mapping of all 3,036 classes and its spec."""
    spec = spec_of(get_charset("etl9g"))
    return build_mapping(spec, {"ink": 99.5}), spec


@pytest.fixture
def wide():
    """The mapping of the wide charset, whose classes may be several homoglyphs, and its spec."""
    spec = spec_of(get_charset("wide"))
    return build_mapping(spec, {}), spec


def test_all_classes_round_trip(full, tmp_path):
    mapping, spec = full
    write_mapping(mapping, spec, tmp_path)
    read = json.loads((tmp_path / "mapping.json").read_text(encoding="utf-8"))
    assert list(read) == [
        "charset", "num_classes", "digest", "model_digest", "class_to_jis", "class_to_char", "model_info"]  # fmt: skip
    assert len(read["class_to_jis"]) == len(read["class_to_char"]) == read["num_classes"] == 3036
    for index, code in read["class_to_jis"].items():
        character = read["class_to_char"][index]
        assert bytes(int(code[i : i + 2], 16) | 0x80 for i in (0, 2)).decode("euc_jp") == character
        assert (jis_of(character), char_of(code)) == (code, character)


def test_known_classes(full):
    mapping, _ = full
    assert (mapping.class_to_char["0"], mapping.class_to_jis["0"]) == ("あ", "2422")
    assert mapping.class_to_jis["1"] == "2424"
    assert {mapping.class_to_char[i]: code for i, code in mapping.class_to_jis.items()}["田"] == "4544"
    assert (mapping.model_info.dataset, mapping.model_info.accuracy) == ("ink", {"ink": 99.5})


@pytest.mark.parametrize(
    ("table", "value", "message"),
    [
        ("class_to_jis", "2425", "class 0 'あ' has JIS code '2425', expected '2422': ISO-2022-JP reads '2425' as 'ぅ'"),
        ("class_to_jis", None, "class 0 'あ' has JIS code None, expected '2422'"),
        ("class_to_jis", "zz", "class 0 'あ' has JIS code 'zz'"),
        ("class_to_char", "い", "class 0 is 'い', expected 'あ' of charset 'etl9g'"),
    ],
)
def test_a_wrong_class_is_named_and_nothing_written(full, tmp_path, table, value, message):
    mapping, spec = full
    getattr(mapping, table)["0"] = value
    with pytest.raises(ModelError, match=message):
        write_mapping(mapping, spec, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_class_is_refused(full):
    mapping, spec = full
    del mapping.class_to_jis["3035"]
    with pytest.raises(ModelError, match="class_to_jis has 3035 classes, expected 0 to 3035 in order"):
        check_mapping(mapping, spec.get_charset())


def test_homoglyphs_have_their_codes_and_places(wide, tmp_path):
    mapping, spec = wide
    charset = spec.get_charset()
    write_mapping(mapping, spec, tmp_path)
    assert read_mapping(tmp_path) == mapping
    assert mapping.class_to_homoglyphs[str(charset.index("っ"))] == ["つ", "っ"]
    assert (mapping.homoglyph_to_jis["っ"], mapping.homoglyph_to_jis["o"]) == ("2443", "236F")
    assert mapping.homoglyph_to_place["っ"] == HomoglyphPlace(size=(0, 0.5), middle=(0.45, 1))
    assert mapping.class_to_jis[str(charset.index("A"))] == "2341"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.class_to_homoglyphs["0"].reverse(), "class 0 has the homoglyphs .*, expected .'、', '・'"),
        (lambda m: m.class_to_homoglyphs.pop("0"), "class 0 has the homoglyphs None"),
        (lambda m: m.class_to_homoglyphs.update({"1": ["：", "x"]}), "class 1 has the homoglyphs .*, expected None"),
        (lambda m: m.homoglyph_to_jis.update({"っ": "2444"}), "homoglyph 'っ' has JIS code '2444', expected '2443'"),
        (lambda m: m.homoglyph_to_jis.pop("っ"), "homoglyph_to_jis has .* characters, expected the"),
        (lambda m: m.homoglyph_to_place.pop("っ"), "homoglyph 'っ' has the place None"),
        (lambda m: m.homoglyph_to_place.update({"っ": m.homoglyph_to_place["o"]}), "homoglyph 'っ' has the place"),
    ],
)
def test_a_wrong_homoglyph_is_named(wide, change, message):
    mapping, spec = wide
    change(mapping)
    with pytest.raises(ModelError, match=message):
        check_mapping(mapping, spec.get_charset())


def test_a_class_beyond_jis_has_null():
    charset = Charset("odd", ("あ", "𠮟", "é"))
    mapping = build_mapping(spec_of(charset, charset.characters), {})
    assert mapping.class_to_jis == {"0": "2422", "1": None, "2": None}
    check_mapping(mapping, charset)
