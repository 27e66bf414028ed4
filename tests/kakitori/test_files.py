"""Files are written whole or not at all; a file that cannot be read gives one sentence."""

import os
from pathlib import Path

import pytest

from kakitori.errors import ModelError
from kakitori.files import read_json, replacing, write_json


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_bytes(b"{"), "is not valid JSON"),
        (lambda path: path.write_bytes(b'"\xff"'), "is not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_of_the_callers_kind(tmp_path, make, message):
    path = tmp_path / "some.json"
    make(path)
    with pytest.raises(ModelError, match=rf"some\.json {message}"):
        read_json(path, ModelError)


def test_a_file_without_permission_is_an_error_of_the_callers_kind(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ModelError, match=r"some\.json cannot be read \(Permission denied\): restore it"):
        read_json(tmp_path / "some.json", ModelError)


def write_half(path):
    with replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError("the disk failed")


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / "some.json"
    write_json(path, {"a": "田"})
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="disk"):
        write_half(path)
    assert before == '{\n "a": "田"\n}\n'.encode()
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]
