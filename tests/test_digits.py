"""End to end with real handwriting: scikit-learn's 1,797 digits prepared, trained on, exported and put on a page."""

import json

import pytest

from export.build import export_model
from export.errors import ExportError
from export.report.measure import measure_accuracy
from kakitori.spec import read_spec
from training.data.prepared import open_prepared
from web.build import build_site


@pytest.fixture
def model(digits, monkeypatch):
    """The model directory, relative to its working folder, which is the current one."""
    monkeypatch.chdir(digits)
    return digits / "models" / "digits"


@pytest.mark.parametrize("variant", [None, "strict.fp32", "strict.int8"])
def test_every_test_image_is_measured_and_over_98_percent_are_read(model, variant, capsys):
    measure_accuracy(model, variant, {}, {}, "digits")
    entries = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    (entry,) = [e for e in entries if e["variant"] == (variant or "pytorch")]
    (row,) = entry["rows"]
    assert (row["source"], row["writer"], row["characters"]) == ("digits", "unknown", 179)
    assert row["top1_percent"] > 98
    assert row["balanced_percent"] > 98
    assert "179 | " in (model / "README.md").read_text(encoding="utf-8")


def test_files_were_checked_on_the_test_images(model):
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    assert [row["accuracy"]["digits"]["images"] for row in manifest["files"]] == [179, 179]
    mapping = json.loads((model / "mapping.json").read_text(encoding="utf-8"))
    assert mapping["class_to_char"] == {str(n): str(n) for n in range(10)}
    assert mapping["class_to_jis"]["7"] == "2337"
    assert mapping["model_info"]["dataset"] == "digits"


def test_the_pen_of_the_page_is_as_wide_as_that_of_the_images(model):
    spec = read_spec(model)
    assert 2 < spec.radius < 4  # 8 x 8 pixels, strokes of two: 6 of the 29 that the digit fills
    assert spec.data[0]["licence"] == "CC BY 4.0"


def test_the_card_names_the_digits_and_not_kanjivg(model):
    from export.report.card import make_card

    card = make_card(model)
    assert "E. Alpaydin and C. Kaynak" in card
    assert "top-1 on digits" in card
    assert "KanjiVG" not in card
    assert "--dataset digits --size 32 --epochs 6 --batch-size 64" in card


def test_a_page_is_built_that_names_the_digits_and_their_licence(model, tmp_path):
    build_site([model], tmp_path / "dist")
    page = (tmp_path / "dist" / "index.html").read_text(encoding="utf-8")
    assert "10 classes: 0 1 2 3 4 5 6 7 8 9" in page
    assert "Top-1: digits" in page
    assert "digits, in JIS X 0208 order" in page
    assert "Kaynak" in (tmp_path / "dist" / "licences" / "data.txt").read_text(encoding="utf-8")
    assert not (tmp_path / "dist" / "licences" / "kanjivg.txt").exists()


def test_exporting_without_the_data_names_what_is_missing(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExportError, match=r"trained on 'digits'.*datasets/digits-32.*invoke data"):
        export_model(model, ["strict"], ["fp32"], report=lambda line: None)


def test_the_split_states_that_writers_are_unknown(digits):
    prepared = open_prepared(digits / "datasets" / "digits-32")
    assert set(prepared.writers) == {-1}
    assert "writers are unknown" in prepared.metadata.split.how
