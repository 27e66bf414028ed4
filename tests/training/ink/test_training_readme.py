"""training/README.md against the code: its effects, and the files and folders that it names."""

import re

import pytest

from training.ink.amounts import EFFECTS


@pytest.fixture(scope="module")
def text(root):
    return (root / "training/README.md").read_text(encoding="utf-8")


def test_every_effect_is_described_and_measured(text):
    described, measured = text.split("<!-- ablation:begin -->")
    assert re.findall(r"^\| (\w+) \|", described.partition("| effect |")[2], re.MULTILINE) == list(EFFECTS)
    assert all(f"| {effect} |" in measured for effect in EFFECTS)


def test_every_file_and_folder_that_is_named_exists(text, root):
    paths = re.findall(r"`([\w/]+(?:\.py|/))`", text)
    assert len(paths) > 10
    assert [path for path in paths if not (root / "training" / path).exists()] == []
