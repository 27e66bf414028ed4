import json

import numpy as np
import pytest
from PIL import Image

from kakitori.charset import Charset
from kakitori.errors import DataError, KakitoriError
from kakitori.schemas.evaluation import AccuracyEntry, AccuracyRow, CorruptionsEntry
from kakitori.spec import ModelSpec
from training.data.published.pictures import find_pictures
from training.evaluation.accuracy import evaluate
from training.evaluation.results import of_measure, read_results, record_results
from training.evaluation.samples import Sample, check_readable, generated_samples, picture_samples, stroke_samples

BLANK = np.zeros((8, 8), np.float32)


@pytest.fixture
def spec(small_charset):
    return ModelSpec("resnet", (4, 8), "adaptive_avg", "etl9g", 100, small_charset.digest)


def always(index):
    """Return a predictor whose most probable class is always `index`, followed by the others in order."""

    def predict(inputs):
        logits = np.tile(-np.arange(100.0), (len(inputs), 1))
        logits[:, index] = 1
        return logits

    return predict


def test_rows_follow_source_and_writer(small_charset):
    samples = [
        Sample(char, BLANK, source, writer)
        for char, source, writer in [("あ", "pen", "x"), ("い", "pen", "x"), ("あ", "pen", "y"), ("あ", "scan", "z")]
    ]
    rows = {(r.source, r.writer): r for r in evaluate(samples, small_charset, always(0))}
    assert list(rows) == [("pen", "x"), ("pen", "y"), ("pen", "all"), ("scan", "z"), ("all", "all")]
    assert [row.top1_percent for row in rows.values()] == [50, 100, 66.667, 100, 75]
    assert rows["all", "all"].top5_percent == 100
    assert rows["all", "all"].characters == 4


def test_characters_outside_the_charset_are_counted(small_charset):
    samples = [Sample("あ", BLANK, "pen", "x"), Sample("ア", BLANK, "pen", "x")]
    (row,) = evaluate(samples, small_charset, always(0))
    assert (row.characters, row.outside_charset) == (1, 1)


@pytest.mark.parametrize("char", ["A", "☃", "é"])
def test_a_character_that_is_neither_kana_nor_kanji_is_refused_with_its_line(tmp_path, spec, char):
    lines = [json.dumps({"char": c, "strokes": [[[0, 0], [1, 1]]]}) for c in ("あ", "ゔ", "龘", char)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    message = rf"a\.jsonl, line 4: '{char}' .* neither in charset 'etl9g' nor another kana or kanji"
    with pytest.raises(DataError, match=message):
        stroke_samples(tmp_path / "a.jsonl", spec)


def test_nothing_to_evaluate_is_refused(small_charset):
    with pytest.raises(DataError, match="None of the 1 samples"):
        evaluate([Sample("ア", BLANK, "pen", "x")], small_charset, always(0))


def test_strokes_and_their_picture_are_nearly_the_same_image(tmp_path, spec):
    strokes = [[[0.1, 0.1], [0.9, 0.15]], [[0.5, 0.1], [0.45, 0.9]]]
    (tmp_path / "a.jsonl").write_text(json.dumps({"char": "あ", "strokes": strokes}), encoding="utf-8")
    (drawn,) = stroke_samples(tmp_path / "a.jsonl", spec)
    folder = tmp_path / "pictures" / "あ"
    folder.mkdir(parents=True)
    Image.fromarray((255 - drawn.coverage * 255).astype(np.uint8)).save(folder / "1.png")
    (pictured,) = picture_samples(find_pictures(tmp_path / "pictures").pictures, spec)
    assert pictured.char == "あ"
    # Not equal: the picture's box includes the pen's width, so the character is a little smaller.
    assert np.corrcoef(pictured.coverage.ravel(), drawn.coverage.ravel())[0, 1] > 0.7


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(DataError, match="in a folder named after its class"):
        find_pictures(tmp_path)
    with pytest.raises(DataError, match="There is no folder"):
        find_pictures(tmp_path / "nowhere")


def test_generated_test_set_is_balanced(spec):
    samples = generated_samples(spec)
    assert {sum(s.char == c for s in samples) for c in spec.get_charset().characters} == {60}


@pytest.mark.parametrize("name", ["class_D", "ひらがな", "が" + "\u309a"])
def test_a_word_outside_the_charset_is_refused(spec, name):
    with pytest.raises(DataError, match=rf"a\.png: '{name}' is neither in charset 'etl9g' nor another kana or kanji"):
        check_readable(name, "a.png", spec.get_charset())


def test_words_of_the_charset_and_other_kanji_pass():
    words = Charset("animals", ("cat", "class_D", "10"))
    for name in ("cat", "class_D", "10", "龘", "ゔ"):
        check_readable(name, "a.png", words)


def accuracy_row(top1):
    return AccuracyRow(
        source="pen", writer="x", characters=1, outside_charset=0, top1_percent=top1, top5_percent=top1,
        top10_percent=top1,
    )  # fmt: skip


def test_results_replace_older_ones_of_the_same_set_and_variant(tmp_path):
    for value, variant in ((1.0, "pytorch"), (2.0, "pytorch"), (3.0, "strict.int8")):
        record_results(AccuracyEntry, [accuracy_row(value)], "set", variant, "engine", tmp_path)
    assert [(e.variant, e.rows[0].top1_percent) for e in read_results(tmp_path)] == [("pytorch", 2), ("strict.int8", 3)]


def test_the_file_names_the_measure_and_leaves_out_absent_figures(tmp_path):
    record_results(AccuracyEntry, [accuracy_row(1.0)], "set", "pytorch", "engine", tmp_path)
    (entry,) = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert entry["measure"] == "accuracy"
    assert "balanced_percent" not in entry["rows"][0]


def test_each_measure_of_a_set_has_its_entry(tmp_path):
    for kind in (AccuracyEntry, CorruptionsEntry, AccuracyEntry):
        record_results(kind, [], "set", "pytorch", "engine", tmp_path)
    entries = read_results(tmp_path)
    assert [entry.measure for entry in entries] == ["accuracy", "corruptions"]
    assert [type(entry) for entry in of_measure(entries, CorruptionsEntry)] == [CorruptionsEntry]


def test_rows_that_do_not_fit_are_not_written(tmp_path):
    record_results(AccuracyEntry, [accuracy_row(1.0)], "set", "pytorch", "engine", tmp_path)
    before = (tmp_path / "evaluation.json").read_bytes()
    with pytest.raises(KakitoriError, match=r"evaluation\.json cannot be written, field .*top1_percent.*found 101"):
        record_results(AccuracyEntry, [accuracy_row(101.0)], "set", "pytorch", "engine", tmp_path)
    assert (tmp_path / "evaluation.json").read_bytes() == before


def test_drawings_of_words_are_samples_of_a_charset_of_words(tmp_path):
    words = Charset("animals", ("cat", "が"))
    spec = ModelSpec("resnet", (4, 8), "adaptive_avg", "animals", 2, words.digest, characters=words.characters)
    lines = [json.dumps({"char": c, "strokes": [[[0, 0], [1, 1]]]}) for c in ("cat", "か\u3099")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert [sample.char for sample in stroke_samples(tmp_path / "a.jsonl", spec)] == ["cat", "が"]


def test_a_damaged_picture_is_named_once(tmp_path, spec):
    (tmp_path / "あ").mkdir()
    (tmp_path / "あ" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError) as problem:
        picture_samples(find_pictures(tmp_path).pictures, spec)
    assert str(problem.value).count("1.png is not a readable picture") == 1
    assert not str(problem.value).startswith(f"{tmp_path}/あ/1.png: ")
