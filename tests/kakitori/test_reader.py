"""A JSON document that does not fit its type gives one sentence: file, field, found, expected, what to do."""

import json
import os
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import pytest
from msgspec import Meta

from kakitori.errors import KakitoriError
from kakitori.schemas import reader
from kakitori.schemas.reader import read_document, strict_struct, write_document


class Row(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    share: Annotated[float, Meta(ge=0, le=1)]


class Document(msgspec.Struct, forbid_unknown_fields=True):
    rows: list[Row]
    notes: dict[str, Any] = {}


class OwnError(KakitoriError):
    pass


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.json"


def test_a_document_is_written_and_read(path):
    document = Document([Row("あ", 0.5)], {"nested": {"list": [1, None]}})
    write_document(path, document)
    assert read_document(path, Document) == document
    assert path.read_text(encoding="utf-8").startswith('{\n "rows": [\n  {\n   "name": "あ",')


def test_subclasses_of_plain_types_are_written(path):
    text = type("Version", (str,), {})("2.13")
    write_document(path, Document([], {"text": text, "number": np.float64(0.5)}))
    assert read_document(path, Document).notes == {"text": "2.13", "number": 0.5}


ROW = '{"name": "a", "share": 1}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("", "is not valid JSON"),
        ("\ufeff{}", "is not valid JSON"),
        ('{"rows": [], "notes": {"a": NaN}}', "is not valid JSON"),
        ('{"rows": [], "notes": {"a": 1e999}}', "number out of range"),
        ("[]", r", document: expected `object`, found \[\]"),
        ("{}", ", document: object missing required field `rows`"),
        (f'{{"rows": [{ROW}, 7]}}', r", field rows\[1\]: expected `object`, found 7"),
        ('{"rows": [{"name": 5, "share": 1}]}', r", field rows\[0\].name: expected `str`, found 5"),
        ('{"rows": [{"name": "a", "share": 2}]}', r", field rows\[0\].share: expected `float` <= 1.0, found 2"),
        ('{"rows": [{"name": "a"}]}', r", field rows\[0\]: object missing required field `share`"),
        ('{"rows": [], "row": 1}', ", document: object contains unknown field `row`"),
        ('{"rows": [], "notes": []}', r", field notes: expected `object`, found \[\]"),
        (f'{{"rows": "{"x" * 500}"}}', "field rows: expected `array`, found 'x{59}…: mend it"),
        ('{"rows": [], "notes": ' + '{"a":' * 100_000, "nests its values too deeply"),
        ("[" * 100_000, ", document: expected `object`"),
        ('{"rows": 7, "notes": {', ", field rows: expected `array`"),
    ],
)
def test_a_wrong_document_gives_one_sentence(path, text, message):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OwnError, match=message) as caught:
        read_document(path, Document, OwnError, "mend it")
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(": mend it.")
    assert "\n" not in sentence


@pytest.mark.parametrize("content", [b"\xff{}", '{"rows": []}'.encode("utf-16")])
def test_other_encodings_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(KakitoriError, match="is not valid JSON"):
        read_document(path, Document)


def test_a_missing_file_and_a_folder_are_refused(path):
    with pytest.raises(OwnError, match=r"some\.json does not exist: mend it\.$"):
        read_document(path, Document, OwnError, "mend it")
    path.mkdir()
    with pytest.raises(OwnError, match="is not a regular file"):
        read_document(path, Document, OwnError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(path):
    os.mkfifo(path)
    with pytest.raises(KakitoriError, match="is not a regular file"):
        read_document(path, Document)


def test_a_large_file_is_refused_before_it_is_read(path, monkeypatch):
    monkeypatch.setattr(reader, "MOST_BYTES", 10)
    path.write_text('{"rows": []}')
    with pytest.raises(KakitoriError, match="has 12 bytes, expected at most 10"):
        read_document(path, Document)


@pytest.mark.parametrize("share", [2.0, float("nan"), "much"])
def test_a_wrong_value_is_not_written(path, share):
    with pytest.raises(OwnError, match=r"some\.json cannot be written, field rows\[0\]\.share: expected .*, found"):
        write_document(path, Document([Row("a", share)]), error=OwnError)
    assert not path.exists()


def test_a_number_that_json_lacks_is_not_written(path):
    with pytest.raises(OwnError, match=r"cannot be written: .* not a finite number"):
        write_document(path, Document([], {"loss": float("nan")}), error=OwnError)
    assert not path.exists()


@dataclass
class Settings:
    size: Annotated[int, Meta(ge=1)] = 64
    rank: int | None = None


def test_a_strict_struct_requires_the_fields_of_a_dataclass_and_no_others(path):
    kind = strict_struct(Settings, ("rank",), digest=str)
    path.write_text(json.dumps({"size": 3, "digest": "x"}))
    settings = read_document(path, kind)
    assert (settings.size, settings.rank, settings.digest) == (3, None, "x")
    for text, message in (('{"digest": ""}', "`size`"), ('{"size": 3, "digest": "", "x": 1}', "unknown field `x`")):
        path.write_text(text)
        with pytest.raises(KakitoriError, match=message):
            read_document(path, kind)
