"""The tables of amounts, their digest, and that no function has amounts of its own."""

import ast
import math
import os
import subprocess
import sys

import pytest

from training.ink import amounts

VALUES = [(name, field) for name in amounts.TABLES for field in getattr(amounts, name)._fields]
INK = ("stroke", "components", "displacement", "character", "pen", "camera", "drawing", "rasteriser", "scribbles",
       "kanjivg", "near_duplicates", "out_of_distribution", "source")  # fmt: skip
FILES = (*(f"ink/{name}.py" for name in INK), "data/distortion.py", "data/fonts/glyph_variation.py")
# Numbers of formulas, not amounts: indices, halves, the binomial filter, smoothstep's 3, 255 grey levels, base 16.
OF_FORMULAS = {0, 1, 2, 3, 0.25, 0.5, 255, 16}


def test_every_table_is_listed():
    tables = {name for name, value in vars(amounts).items() if isinstance(value, tuple) and hasattr(value, "_asdict")}
    assert tables == set(amounts.TABLES)


@pytest.mark.parametrize(("table", "field"), VALUES)
def test_values_are_finite_and_shares_are_probabilities(table, field):
    value = getattr(getattr(amounts, table), field)
    assert math.isfinite(value)
    if field == "share" or field.endswith("_share"):
        assert 0 <= value <= 1


@pytest.mark.parametrize(("table", "field"), VALUES)
def test_the_digest_changes_with_every_value(table, field, monkeypatch):
    before = amounts.digest()
    changed = getattr(amounts, table)._replace(**{field: getattr(getattr(amounts, table), field) + 0.001})
    monkeypatch.setattr(amounts, table, changed)
    assert amounts.digest() != before


def test_the_digest_is_the_same_in_another_process(root):
    code = "from training.ink.amounts import digest; print(digest())"
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(root)}
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == amounts.digest()
    assert amounts.digest().startswith("sha256:")


@pytest.mark.parametrize("file", FILES)
def test_functions_contain_no_bare_amounts(file, root):
    for function in ast.walk(ast.parse((root / "training" / file).read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            constants = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant)}
            numbers = {value for value in constants if type(value) in (int, float)}
            assert numbers <= OF_FORMULAS, f"{file}, {function.name}: name {sorted(numbers - OF_FORMULAS)}"
