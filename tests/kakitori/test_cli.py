import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kakitori import Recognizer, __version__
from kakitori.cli import SHOWN, main

LINE = {"char": "一", "strokes": [[[10, 10], [90, 10]]]}


@pytest.fixture
def files(tmp_path):
    """A stroke file of two lines, the second without label, and a picture whose name looks like markup."""
    strokes, image = tmp_path / "ink.jsonl.gz", tmp_path / "[bold]one.png"
    lines = [LINE, {"strokes": LINE["strokes"]}]
    strokes.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    pixels = np.full((60, 100), 240, np.uint8)
    pixels[25:32, 10:90] = 20
    Image.fromarray(pixels).save(image)
    return [str(strokes), str(image)]


def test_json_has_one_line_for_each_drawing_and_picture(files, capsys):
    assert main(["read", "--json", "--top-k", "2", *files]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["file"], row["line"], row["written"]) for row in rows] == [
        (files[0], 1, "一"), (files[0], 2, ""), (files[1], None, "")]  # fmt: skip
    for row in rows:
        assert not row["unsure"]
        assert len(row["candidates"]) == 2
        assert row["candidates"][0].items() >= {"char": "一", "jis": "306C", "code_point": 0x4E00, "index": 146}.items()


@pytest.mark.parametrize(
    "command",
    [
        ("kakitori", "read", "--json", "--top-k", "1", "{0}", "{1}"),
        ("invoke", "read", "{0}", "--json", "--top-k", "1", "--", "{1}"),
    ],
)
def test_the_module_and_the_task_print_the_same(command, root, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(LINE), encoding="utf-8")
    arguments = [part.format(tmp_path / "a.jsonl", tmp_path / "b.jsonl") for part in command]
    result = subprocess.run([sys.executable, "-m", *arguments], cwd=root, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    rows = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert [(row["file"][-7:], row["candidates"][0]["char"]) for row in rows] == [("a.jsonl", "一"), ("b.jsonl", "一")]


def test_the_table_names_files_lines_and_candidates(files, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert main(["read", *files]) == 0
    table = capsys.readouterr().out
    assert table.count("一 9") == 3
    assert "[bold]one.png" in table


def write_lines(path, *lines):
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("as_json", [False, True])
def test_what_has_no_ink_is_a_result_without_candidates_and_is_reported(tmp_path, capsys, as_json):
    blank, empty = str(tmp_path / "blank.png"), write_lines(tmp_path / "empty.jsonl", LINE, {"strokes": []})
    Image.new("L", (20, 20), 255).save(blank)
    assert main(["read", blank, empty, *["--json"] * as_json]) == 0
    output = capsys.readouterr()
    assert output.err.splitlines() == [f"{blank}: there is no ink.", f"{empty}, line 2: there is no ink."]
    assert output.out.count("[]" if as_json else "no ink") == 2


def test_a_line_and_a_file_that_cannot_be_read_leave_the_others(tmp_path, files, capsys):
    broken = write_lines(tmp_path / "broken.jsonl", LINE, '{"strokes": ', {**LINE, "char": "\ud800"}, LINE)
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    tiny = str(tmp_path / "tiny.png")
    Image.new("L", (1, 1)).save(tiny)
    assert main(["read", "--json", "nowhere.jsonl", broken, str(tmp_path / "broken.png"), tiny, files[1]]) == 1
    output = capsys.readouterr()
    rows = [json.loads(line) for line in output.out.splitlines()]
    assert [(row["file"], row["line"]) for row in rows] == [(broken, 1), (broken, 4), (files[1], None)]
    errors = output.err.splitlines()
    assert [error.partition(": ")[0] for error in errors] == [
        "There is no stroke file 'nowhere.jsonl'.", f"{broken}, line 2", f"{broken}, line 3",
        f"{tmp_path / 'broken.png'} is not a readable picture (its format is unknown).", tiny,
    ]  # fmt: skip
    assert r"char is '\ud800'" in errors[2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
@pytest.mark.parametrize("name", ["pipe.png", "pipe.jsonl", "pipe.jsonl.gz"])
def test_a_pipe_is_refused_instead_of_waited_for(name, tmp_path, capsys):
    os.mkfifo(tmp_path / name)
    assert main(["read", str(tmp_path / name)]) == 1
    assert "not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["strokes", "gzipped strokes", "picture"])
def test_standard_input_is_a_stroke_file_or_a_picture(kind, files, capsys, monkeypatch):
    strokes, picture = (Path(file).read_bytes() for file in files)
    content = {"strokes": gzip.decompress(strokes), "gzipped strokes": strokes, "picture": picture}[kind]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["read", "--json", "-"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["line"] for row in rows] == ([None] if kind == "picture" else [1, 2])
    assert {(row["file"], row["candidates"][0]["char"]) for row in rows} == {("standard input", "一")}


@pytest.mark.parametrize(("content", "message"), [(b"", "Standard input is empty"), (b"GIF89a", "The picture is not")])
def test_standard_input_that_is_neither_is_refused(content, message, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["read", "-"]) == 1
    assert capsys.readouterr().err.startswith(message)


def output_of(encoding, arguments, monkeypatch):
    """Return the exit status, and the bytes on a standard output of this encoding."""
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding=encoding))
    monkeypatch.setenv("COLUMNS", "200")
    status = main(["read", *arguments])
    return status, content.getvalue()


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", r"\u4e00 9"), ("euc_jp", "一 9")])
def test_a_table_is_printed_in_any_encoding(encoding, shown, files, monkeypatch):
    status, content = output_of(encoding, files, monkeypatch)
    assert status == 0
    lines = content.decode(encoding).splitlines()
    assert sum(shown in line for line in lines) == 3
    assert len({len(line.encode(encoding)) for line in lines if "ink.jsonl" in line}) == 1


def test_a_narrow_table_shows_every_candidate(files, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("kakitori.cli.LEAST", 0)
    candidates = [c.char for c in Recognizer.load().recognize(LINE["strokes"], SHOWN).candidates]
    assert main(["read", files[0]]) == 0
    table = capsys.readouterr().out
    assert [table.count(char) for char in candidates[1:]] == [2] * (SHOWN - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text")
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_json_is_utf_8_in_any_encoding_and_for_any_name(encoding, files, tmp_path, monkeypatch):
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")  # is not UTF-8
    os.rename(files[1], odd)
    status, content = output_of(encoding, ["--json", files[0], odd], monkeypatch)
    assert status == 0
    rows = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    assert [row["candidates"][0]["char"] for row in rows] == ["一"] * 3
    assert rows[2]["file"] == odd


@pytest.mark.skipif(os.name != "posix", reason="the system has no broken pipes")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_output_that_is_closed_early_gives_status_1(options, files, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as output:  # closing it must not fail either
        monkeypatch.setattr(sys, "stdout", output)
        try:
            status = main(["read", *options, files[0]])
        except SystemExit as exit:  # by newer versions of rich
            status = exit.code
        monkeypatch.undo()
    assert status == 1


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert (exit.value.code, capsys.readouterr().out) == (0, f"kakitori {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.png"], "There is no picture 'nowhere.png'."),
        (["nowhere.jsonl"], "There is no stroke file 'nowhere.jsonl'."),
        (["--model", "nowhere", "a.png"], "There is no model directory 'nowhere'"),
        (["--variant", "strict.int3", "a.png"], "no variant 'strict.int3'"),
        (["--top-k", "0", "a.png"], "expected a whole number of at least 1"),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_status_1(arguments, message, capsys):
    assert main(["read", *arguments]) == 1
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


@pytest.mark.parametrize("arguments", [[], ["read"], ["write", "a.png"], ["read", "--top-k", "x", "a.png"]])
def test_wrong_usage_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2
    assert "usage: kakitori" in capsys.readouterr().err
