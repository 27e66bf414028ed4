import gzip
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kakitori.cli import main

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
    assert table.count("一\u00a0") == 3
    assert "[bold]one.png" in table


def test_a_drawing_without_ink_is_reported_as_such(tmp_path, capsys):
    path = tmp_path / "blank.png"
    Image.new("L", (20, 20), 255).save(path)
    assert main(["read", str(path)]) == 0
    table = capsys.readouterr().out
    assert "no ink" in table
    assert "unsure" in table


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
