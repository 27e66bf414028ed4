from export.report.reliability_tables import confidence_text, plot_reliability, scores_text
from kakitori.schemas.evaluation import (
    ConfidenceEntry,
    ConfidenceRow,
    OutOfDistributionEntry,
    OutOfDistributionRow,
    Reliability,
)
from kakitori.spec import Confidence
from training.evaluation.metrics import BINS

SETTING = {"engine": "torch 2", "date": "2026-11-21", "variant": "pytorch", "set": "ink"}
BINNED = Reliability(counts=[30] * BINS, probability_percent=[50.0] * BINS, right_percent=[40.0] * BINS)
KNOWN = ConfidenceEntry(**SETTING, rows=[ConfidenceRow(
    source="ink", characters=300, outside_charset=0, right_percent=97.5, probability_percent=97, ece_percent=0.5,
    ece_uncalibrated_percent=10, unsure_percent=1, reliability=BINNED,
)])  # fmt: skip
OTHERS = OutOfDistributionEntry(**SETTING, rows=[
    OutOfDistributionRow(kind="spiral", images=200, accepted_percent=12.5,
                         scores_accepted_percent={"margin": 50, "energy": 20}),
    OutOfDistributionRow(kind="dots", images=100, accepted_percent=2.5,
                         scores_accepted_percent={"margin": 30, "energy": 10}),
])  # fmt: skip


def test_what_was_not_measured_has_no_table():
    assert confidence_text([], Confidence()) == ""
    assert scores_text([]) == ""


def test_the_tables_have_calibration_rejection_and_out_of_distribution_kinds():
    text = confidence_text([KNOWN, OTHERS], Confidence(0.57, 2, 0.046, "ink", 6072))
    assert "| ink | ink | pytorch | 300 | 97.50 % | 97.00 % | 0.50 % | 10.00 % | 1.00 % | 0 |  |" in text
    assert "| spiral | 200 | 12.50 % |" in text
    assert "its probability at 2 times that temperature is below 4.6 %" in text
    assert "fitted on 6,072 validation images of ink." in text


def test_scores_are_compared_with_their_means():
    assert "| mean of kinds | 40.0 % | 15.0 % |" in scores_text([OTHERS])


def test_the_diagram_is_written_if_confidence_was_measured(tmp_path):
    path = tmp_path / "reliability.png"
    assert not plot_reliability([OTHERS], path)
    assert not path.exists()
    assert plot_reliability([KNOWN], path)
    assert path.read_bytes().startswith(b"\x89PNG")
