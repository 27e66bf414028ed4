"""The README's promises against the code."""

import json
import re

import pytest

from export.report.measure import open_variant
from kakitori.confidence import softmax
from kakitori.ink import to_tensor
from kakitori.spec import read_spec
from training.ink.rasteriser import rasterise

SETUP = 'python -m pip install -e ".[train]" && invoke export --backend strict site'
TESTS = 'python -m pip install -e ".[test]" && invoke test --install-browsers --all'


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [SETUP, TESTS])
def test_the_two_commands_stand_in_the_readme(readme, command):
    assert f"\n    {command}\n" in readme


def test_ci_runs_the_second_command_word_for_word(root):
    assert TESTS in (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_task_is_in_the_readme(readme):
    import tasks

    for name in tasks.ns.task_names:
        assert f"| `invoke {name}` |" in readme


def test_the_tables_are_those_of_the_measured_files(readme, shipped_model):
    from export.report.readme import make_tables, replace_tables

    assert replace_tables(readme, make_tables(shipped_model)) == readme


def test_linked_files_exist(readme, root):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme)
    assert targets
    assert [target for target in targets if not (root / target).exists()] == []


def test_the_example_gives_what_it_says(readme, shipped_model):
    strokes = json.loads(re.search(r"recognize\((\[.*?\]\]\]),", readme)[1])
    said = re.search(r'char: "(.)", jis: "(\w+)", codePoint: (\d+), index: (\d+), probability: ([\d.]+)…', readme)
    spec = read_spec(shipped_model)
    image = to_tensor(rasterise(strokes, spec.size, spec.margin, spec.radius)[None])
    logits = open_variant(shipped_model, "strict.int8")[0](image)[0]
    index, charset = int(logits.argmax()), spec.get_charset()
    found = (charset.characters[index], charset.jis(index), str(ord(charset.characters[index])), str(index))
    assert said.groups()[:4] == found
    probability = softmax(logits[None], spec.confidence.temperature).max()
    assert probability == pytest.approx(float(said[5]), abs=0.01)
