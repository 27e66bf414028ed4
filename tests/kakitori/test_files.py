"""Reading JSON from a file that is missing, unreadable or damaged gives one sentence."""

import os
from pathlib import Path

import pytest

from kakitori.errors import ModelError
from kakitori.files import read_json


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
