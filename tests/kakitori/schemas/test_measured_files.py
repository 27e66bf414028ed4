"""evaluation.json, bench.json and docs/ablation.json: shipped files fit their schemas; wrong ones are named."""

import json
from typing import Any

import pytest

from kakitori.errors import KakitoriError
from kakitori.schemas.bench import Bench
from kakitori.schemas.evaluation import Ablation, EvaluationEntry
from kakitori.schemas.reader import read_document, write_document

EVALUATION: Any = list[EvaluationEntry]
FILES = {
    "models/kanji/evaluation.json": EVALUATION,
    "models/kanji-wide/evaluation.json": EVALUATION,
    "models/kanji/bench.json": Bench,
    "models/kanji-wide/bench.json": Bench,
    "docs/ablation.json": Ablation,
}


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_file_is_written_as_it_was_read(root, tmp_path, name):
    write_document(tmp_path / "copy.json", read_document(root / name, FILES[name]))
    assert (tmp_path / "copy.json").read_bytes() == (root / name).read_bytes()


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("measure",), "speed", r"evaluation\.json, field \[0\]\.measure: .*'speed'"),
        (("rows", 0, "top1_percent"), "high", r"field \[0\]\.rows\[0\]\.top1_percent: expected `float`, found 'high'"),
        (("rows", 0, "top1_percent"), 101, r"top1_percent: expected `float` <= 100.*, found 101"),
        (("rows", 0, "characters"), -1, r"characters: expected `int` >= 0, found -1"),
    ],
)
def test_a_wrong_value_is_named_with_its_field(root, tmp_path, place, value, message):
    entries = json.loads((root / "models/kanji/evaluation.json").read_text(encoding="utf-8"))[:1]
    target = entries[0]
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(KakitoriError, match=message):
        read_document(path, EVALUATION)
