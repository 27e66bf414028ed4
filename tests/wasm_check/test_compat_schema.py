"""compat.json: the shipped file fits its schema; the message for a wrong one is one sentence."""

import json

import pytest

from export.report.compat_table import compat_rows
from kakitori.errors import KakitoriError
from kakitori.schemas.compat import GREEN, read_matrix
from kakitori.spec import COMPAT_FILE
from web.compat import render_compat


@pytest.fixture
def changed(shipped_model, tmp_path):
    """Return a function that writes a copy of the shipped compat.json after a change of its values."""

    def write(change):
        values = json.loads((shipped_model / COMPAT_FILE).read_text(encoding="utf-8"))
        change(values)
        path = tmp_path / COMPAT_FILE
        path.write_text(json.dumps(values), encoding="utf-8")
        return path

    return write


def test_the_shipped_matrix_reads_and_renders(shipped_model):
    matrix = read_matrix(shipped_model / COMPAT_FILE)
    assert matrix.count(GREEN) > 300
    assert len(compat_rows(matrix)) == len(matrix.columns)
    page = render_compat(matrix)["compat.html"]
    assert all(subject.name in page for subject in matrix.subjects)


def first_cell(values):
    return values["subjects"][0]["cells"]["onnxruntime"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: first_cell(v).update(status="blue"), r"subjects\[0\]\.cells.*: invalid enum value 'blue'"),
        (lambda v: first_cell(v).update(argmax_percent=101), r"subjects\[0\]\.cells.*: expected `float` <= 100"),
        (lambda v: v["subjects"][0]["cells"].pop("tract"), r"subjects\[0\]\.cells: expected the columns onnxrun"),
        (lambda v: v["subjects"][0].update(sha256="0"), r"field subjects\[0\]\.sha256: expected .*, found '0'"),
        (lambda v: v.pop("columns"), "missing required field `columns`"),
        (lambda v: v["setting"].update(inputs=[]), r"field setting\.inputs: expected .*, found \[\]"),
    ],
)
def test_a_wrong_matrix_gives_one_sentence(changed, change, message):
    with pytest.raises(KakitoriError, match=message) as problem:
        read_matrix(changed(change))
    assert "\n" not in str(problem.value)
    assert "run `invoke compat`" in str(problem.value)
