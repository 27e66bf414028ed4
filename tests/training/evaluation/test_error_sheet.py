import csv

import numpy as np
import pytest
from PIL import Image

from kakitori.charset import Charset, get_charset
from training.evaluation.accuracy import BEST, answers
from training.evaluation.error_sheet import COLUMNS, STRIP, draw_form, load_forms, write_errors
from training.evaluation.samples import Sample

CHARSET = get_charset("etl9g", 20)
SAMPLES = [Sample(char, np.full((16, 16), 0.5, np.float32), "pen", "x") for char in "あいアう"]


def predict(inputs):
    """Return logits whose best class is い, with increasing probability."""
    logits = np.zeros((len(inputs), len(CHARSET)), np.float32)
    logits[:, CHARSET.index("い")] = 1 + np.arange(len(inputs))
    return logits


@pytest.fixture
def misread():
    return [answer for answer in answers(SAMPLES, CHARSET, predict) if not answer.is_right]


def test_answers_are_of_the_charsets_samples_likeliest_first():
    found = list(answers(SAMPLES, CHARSET, predict))
    assert [(a.sample.char, a.is_right) for a in found] == [("あ", False), ("い", True), ("う", False)]
    assert [len(a.best) for a in found] == [BEST] * 3
    assert found[0].probabilities[0] == pytest.approx(np.e / (np.e + 19))
    assert all((np.diff(a.probabilities) <= 0).all() for a in found)


def test_a_sheet_shows_and_a_table_lists_every_misread_sample(misread, tmp_path):
    write_errors(misread, CHARSET, tmp_path / "errors" / "pen.png")
    with Image.open(tmp_path / "errors" / "pen.png") as sheet:
        assert sheet.size == (COLUMNS * STRIP[0], STRIP[1])
    with open(tmp_path / "errors" / "pen.csv", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["number"], row["char"], row["answer1"]) for row in rows] == [("1", "う", "い"), ("2", "あ", "い")]


def test_a_set_without_errors_gives_an_empty_sheet(tmp_path):
    write_errors([], CHARSET, tmp_path / "pen.png")
    assert (tmp_path / "pen.csv").read_text().count("\n") == 1


def test_classes_have_kanjivgs_form_or_their_code_point():
    charset = Charset("own", ("あ", "apple", "☃"))
    forms = load_forms(charset)
    assert list(forms) == [0]
    tiles = [np.asarray(draw_form(index, charset, forms)) for index in range(3)]
    assert all(tile.min() < 100 for tile in tiles)
