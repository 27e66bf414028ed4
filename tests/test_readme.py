"""The README and the documents below docs/: their promises, snippets, commands and links against the code."""

import json
import re
import shlex
import sys

import pytest
from invoke.parser import Parser

from export.report.measure import open_variant
from kakitori.confidence import softmax
from kakitori.ink import to_tensor
from kakitori.spec import read_spec
from kakitori.stroke_files import read_stroke_file
from tests.test_structure import MAY_IMPORT
from training.ink.rasteriser import rasterise

SETUP = 'python -m pip install -e ".[train]" && invoke export --backend strict site'
TESTS = 'python -m pip install -e ".[test]" && invoke test --install-browsers --all'
LONGEST = 150  # lines of the README


def documents(root):
    """Return the Markdown files of the checkout, those of the root, of docs/, of the rooms and of the models."""
    return sorted(path for pattern in ("*.md", "*/*.md", "models/*/*.md") for path in root.glob(pattern))


def code_blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def readme(root):
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [SETUP, TESTS])
def test_the_two_commands_stand_in_the_readme(readme, command):
    assert f"\n    {command}\n" in readme


def test_ci_runs_the_second_command_word_for_word(root):
    assert TESTS in (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_readme_is_short(readme):
    assert len(readme.splitlines()) <= LONGEST


def test_every_task_is_described(root):
    import tasks

    described = (root / "docs/tasks.md").read_text(encoding="utf-8")
    assert [name for name in tasks.ns.task_names if f"| `invoke {name}` |" not in described] == []


def test_every_room_is_described(root):
    described = (root / "docs/code.md").read_text(encoding="utf-8")
    assert [room for room in MAY_IMPORT if f"| `{room.replace('.', '/').replace('_', '-')}/` |" not in described] == []


def test_every_invoke_command_in_a_document_has_tasks_and_flags_that_exist(root):
    import tasks

    commands = set()
    for path in documents(root):
        lines = re.findall(
            r"^(?:    |\$ )(?:.*&& |.* -- ?|torchrun.* )?(invoke .*)$", path.read_text("utf-8"), re.MULTILINE
        )
        commands |= {re.split(r"\s{3,}", line)[0] for line in lines}
    assert len(commands) > 20
    for command in sorted(commands):
        Parser(contexts=tasks.ns.to_contexts()).parse_argv(shlex.split(command)[1:])


def slug(heading):
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def test_links_lead_to_files_and_headings_that_exist(root):
    dead = []
    for path in documents(root):
        for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", path.read_text(encoding="utf-8")):
            name, _, anchor = target.partition("#")
            file = path.parent / name if name else path
            is_there = file.exists()
            if is_there and anchor:
                headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
                is_there = anchor in {slug(heading) for heading in headings}
            dead += [] if is_there else [f"{path.relative_to(root)}: {target}"]
    assert dead == []


def test_the_javascript_example_gives_what_it_says(readme, shipped_model):
    strokes = json.loads(re.search(r"recognizer\.recognize\((\[.*?\]\]\]),", readme)[1])
    said = re.search(r'char: "(.)", jis: "(\w+)", codePoint: (\d+), index: (\d+), probability: ([\d.]+)…', readme)
    spec = read_spec(shipped_model)
    image = to_tensor(rasterise(strokes, spec.size, spec.margin, spec.radius)[None])
    logits = open_variant(shipped_model, "strict.int8")[0](image)[0]
    index, charset = int(logits.argmax()), spec.get_charset()
    found = (charset.characters[index], charset.jis(index), str(ord(charset.characters[index])), str(index))
    assert said.groups()[:4] == found
    probability = softmax(logits[None], spec.confidence.temperature).max()
    assert probability == pytest.approx(float(said[5]), abs=0.01)


@pytest.mark.parametrize("name", ["README.md", "docs/engines.md"])
def test_python_snippets_print_what_their_comments_say(name, root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    code = "\n".join(code_blocks((root / name).read_text(encoding="utf-8"), "python"))
    exec(compile(code, name, "exec"), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)


def test_snippets_for_other_engines_have_the_models_constants(root, shipped_model):
    spec = read_spec(shipped_model)
    text = (root / "docs/engines.md").read_text(encoding="utf-8")
    assert f"SIZE, MARGIN, RADIUS = {spec.size}, {spec.margin}, {spec.radius}\n" in text
    for line in (f"SIZE: usize = {spec.size}", f"MARGIN: f64 = {spec.margin}", f"RADIUS: f64 = {spec.radius}"):
        assert f"const {line};" in text


CHARACTER = """  <character>
    <utf8>{char}</utf8>
    <strokes>
      <stroke>
        <point x="196" y="500"/>
        <point x="780" y="510"/>
      </stroke>
      <stroke>
        <point x="500" y="50"/>
      </stroke>
    </strokes>
  </character>"""
TOMOE = '<!DOCTYPE dictionary SYSTEM "dict.dtd">\n<dictionary name="Tomoe">\n{}\n</dictionary>'


def test_the_script_of_the_data_page_converts_tegaki_and_tomoe(root, tmp_path, monkeypatch, capsys):
    (script,) = code_blocks((root / "docs/data.md").read_text(encoding="utf-8"), "python")
    (tmp_path / "19969.xml").write_text(CHARACTER.format(char="丁"), encoding="utf-8")
    (tmp_path / "ja.xml").write_text(TOMOE.format(CHARACTER.format(char="&#x3042;")), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["", "mine", "me", *map(str, sorted(tmp_path.iterdir()))])
    exec(compile(script, "to_strokes.py", "exec"), {})
    out = tmp_path / "out.jsonl"
    out.write_text(capsys.readouterr().out, encoding="utf-8")
    drawings = read_stroke_file(out)
    assert [(d.char, d.source, d.writer) for d in drawings] == [("丁", "mine", "me"), ("あ", "mine", "me")]
    assert [d.strokes for d in drawings] == [[[[196, 500], [780, 510]], [[500, 50]]]] * 2


def test_the_example_of_a_stroke_file_is_one(root, tmp_path):
    (line,) = code_blocks((root / "docs/data.md").read_text(encoding="utf-8"), "json")
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    assert [drawing.char for drawing in read_stroke_file(tmp_path / "a.jsonl")] == ["丁"]
