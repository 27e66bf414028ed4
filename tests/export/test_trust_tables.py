from export.report.reliability_tables import confidence_text, plot_reliability, scores_text
from kakitori.spec import Confidence
from training.evaluation.metrics import BINS

SETTING = {"engine": "torch 2", "date": "2026-11-21", "variant": "pytorch", "set": "ink"}
BINNED = {name: [float(i)] * BINS for i, name in ((30, "counts"), (50, "probability_percent"), (40, "right_percent"))}
KNOWN = {"measure": "confidence", **SETTING, "rows": [
    {"source": "ink", "characters": 300, "outside_charset": 0, "right_percent": 97.5, "probability_percent": 97,
     "ece_percent": 0.5, "ece_uncalibrated_percent": 10, "unsure_percent": 1, "reliability": BINNED}]}  # fmt: skip
OTHERS = {"measure": "out_of_distribution", **SETTING, "rows": [
    {"kind": "spiral", "images": 200, "accepted_percent": 12.5,
     "scores_accepted_percent": {"margin": 50, "energy": 20}},
    {"kind": "dots", "images": 100, "accepted_percent": 2.5,
     "scores_accepted_percent": {"margin": 30, "energy": 10}},
]}  # fmt: skip


def test_what_was_not_measured_has_no_table():
    assert confidence_text([], Confidence()) == ""
    assert scores_text([]) == ""


def test_the_tables_have_calibration_refusals_and_impostors():
    text = confidence_text([KNOWN, OTHERS], Confidence(0.57, 2, 0.046, "ink", 6072))
    assert "| ink | ink | pytorch | 300 | 97.50 % | 97.00 % | 0.50 % | 10.00 % | 1.00 % | 0 |  |" in text
    assert "| spiral | 200 | 12.50 % |" in text
    assert "less than 4.6 % at 2 times that temperature: fitted on 6,072 held-out images of ink." in text


def test_scores_are_compared_with_their_means():
    assert "| mean of kinds | 40.0 % | 15.0 % |" in scores_text([OTHERS])


def test_the_picture_is_there_where_something_was_measured(tmp_path):
    path = tmp_path / "reliability.png"
    assert not plot_reliability([OTHERS], path)
    assert not path.exists()
    assert plot_reliability([KNOWN], path)
    assert path.read_bytes().startswith(b"\x89PNG")
