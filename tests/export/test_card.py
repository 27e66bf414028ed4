"""The model card's carbon record: the sum of the runs that made a model, or none."""

from export.report import emitted_grams


def test_the_grams_of_all_runs_are_added():
    assert emitted_grams([{"emissions_kg": 0.2}, {"emissions_kg": 0.0505}]) == 250.5


def test_the_grams_of_a_teacher_count():
    assert emitted_grams([{"emissions_kg": 0.2, "teacher_runs": [{"emissions_kg": 0.3}]}]) == 500


def test_a_run_without_a_record_leaves_the_sum_unknown():
    assert emitted_grams([{}, {"emissions_kg": 0.05}]) is None
