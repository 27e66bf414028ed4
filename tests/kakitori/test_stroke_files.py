import gzip
import json

import pytest

from kakitori.errors import DataError
from kakitori.stroke_files import iterate_drawings, read_stroke_file

GOOD = {"char": "田", "strokes": [[[0, 0], [1, 1]]], "source": "me", "writer": "left hand"}


def write(path, *lines):
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_plain_and_gzipped_files_read_the_same(tmp_path):
    plain = write(tmp_path / "ink.jsonl", GOOD, GOOD)
    packed = tmp_path / "ink.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_stroke_file(plain) == read_stroke_file(packed)
    assert read_stroke_file(plain)[1].writer == "left hand"
    assert read_stroke_file(plain)[1].line == 2


def test_source_and_writer_may_be_left_out(tmp_path):
    drawing = read_stroke_file(write(tmp_path / "mine.jsonl", {"char": "あ", "strokes": [[[0, 0]]]}))[0]
    assert (drawing.source, drawing.writer) == ("mine", "?")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ('{"char": "田", "strokes": [[[0', "expected .* in JSON"),
        ("[]", "expected .* in JSON"),
        ({"char": "田"}, "expected .* in JSON .*strokes"),
        ({**GOOD, "char": ""}, "char is '', expected a character or the name of a class"),
        ({**GOOD, "char": "田\n"}, r"char is '田\\n', expected .* without control characters"),
        ({**GOOD, "char": "\ud800"}, "without control characters"),
        ({**GOOD, "char": "a" * 201}, "of 1 to 200 characters"),
        ({**GOOD, "char": 7}, "char is 7"),
        ({**GOOD, "strokes": []}, "There is no ink"),
        ({**GOOD, "strokes": [[[0, "x"]]]}, "list of points"),
        ({**GOOD, "strokes": 3}, "'int'"),
        ('{"char": "田", "strokes": [[[0, 1' + "0" * 400 + "]]]}", "list of points"),
        ('{"char": "田", "strokes": [[[0, 1' + "0" * 5000 + "]]]}", "expected .* in JSON"),
        ('{"char": "田", "strokes": [[[0, NaN]]]}', "finite"),
    ],
)
def test_an_invalid_line_is_named(tmp_path, broken, message):
    path = write(tmp_path / "ink.jsonl", GOOD, broken, GOOD)
    with pytest.raises(DataError, match=rf"ink.jsonl, line 2: .*{message}"):
        read_stroke_file(path)


@pytest.mark.parametrize(("char", "label"), [("が", "が"), ("か\u3099", "が"), ("class_D",) * 2, ("a" * 200,) * 2])
def test_a_label_is_a_class_name_in_nfc(tmp_path, char, label):
    assert read_stroke_file(write(tmp_path / "ink.jsonl", {**GOOD, "char": char}))[0].char == label


def test_reading_goes_on_after_an_invalid_line(tmp_path):
    path = write(tmp_path / "ink.jsonl", GOOD, {**GOOD, "char": "\ud800"}, "{", {**GOOD, "char": "cloud"})
    drawings = list(iterate_drawings(path, "ink", False))
    assert [getattr(drawing, "char", None) for drawing in drawings] == ["田", None, None, "cloud"]
    assert str(drawings[1]).startswith("ink, line 2: char is '\\ud800'")
    assert str(drawings[2]).startswith("ink, line 3: expected")


def test_label_and_points_may_be_left_out_where_none_are_needed(tmp_path):
    path = write(tmp_path / "ink.jsonl", {"strokes": GOOD["strokes"]}, {"strokes": []}, {"strokes": [[]]})
    assert [drawing.char for drawing in iterate_drawings(path, "ink", False)] == ["", "", ""]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_content_of_a_file_is_read_as_the_file_is(tmp_path, pack):
    path = write(tmp_path / "ink.jsonl", GOOD, {**GOOD, "char": "あ"})
    packed = pack(path.read_bytes())
    assert list(iterate_drawings(packed, "ink.jsonl", packed != path.read_bytes())) == read_stroke_file(path)


def test_a_byte_order_mark_is_left_out(tmp_path):
    path = tmp_path / "ink.jsonl"
    path.write_text(json.dumps(GOOD), encoding="utf-8-sig")
    assert read_stroke_file(path)[0].char == "田"


def test_what_is_no_regular_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not a regular file: name a stroke file"):
        read_stroke_file(tmp_path)


def test_json_that_is_nested_too_deeply_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"line 1: expected .* in JSON"):
        read_stroke_file(write(tmp_path / "ink.jsonl", "[" * 100_000))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"There is no stroke file '.*nowhere.jsonl'"):
        read_stroke_file(tmp_path / "nowhere.jsonl")


def test_a_file_cut_short_is_refused(tmp_path):
    packed = tmp_path / "ink.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 50)[:-12])
    with pytest.raises(DataError, match="cannot be read to its end"):
        read_stroke_file(packed)


def test_a_file_that_is_not_gzip_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read to its end"):
        read_stroke_file(write(tmp_path / "ink.jsonl.gz", GOOD))
