from export.report.corruption_tables import confusables_text, corruptions_text
from kakitori.schemas.evaluation import AccuracyEntry, ConfusableRow, ConfusablesEntry, CorruptionRow, CorruptionsEntry

SETTING = {"engine": "engine 1", "date": "2026-11-21", "set": "a.jsonl"}


def corrupted(name, source, characters, top1):
    return CorruptionRow(
        corruption=name, source=source, characters=characters, top1_percent=top1, top5_percent=100, top10_percent=100,
        clean_top1_percent=100,
    )  # fmt: skip


def test_what_was_not_measured_has_no_table():
    accuracy = AccuracyEntry(**SETTING, variant="pytorch", rows=[])
    assert corruptions_text([accuracy]) == confusables_text([accuracy]) == ""


def test_corruptions_have_a_column_for_each_source_and_variant():
    rows = [corrupted("none", "pen", 9, 100), corrupted("none", "all", 9, 100), corrupted("joined", "pen", 7, 90.04)]
    entries = [CorruptionsEntry(**SETTING, variant=variant, rows=rows) for variant in ("strict.int8", "pytorch")]
    first, _, none, joined, _, setting = corruptions_text(entries).splitlines()
    assert first == "| corruption | pen, strict.int8 | pen, pytorch |"
    assert none == "| none | 100.0 / 100.0 | 100.0 / 100.0 |"
    assert joined == "| joined | 90.0 / 100.0 of 7 | 90.0 / 100.0 of 7 |"
    assert setting.endswith("in engine 1, 2026-11-21.")


def confusables(*figures):
    rows = [
        ConfusableRow(group=group, characters=200, right_percent=right, confused_percent=confused)
        for group, right, confused in figures
    ]
    return [ConfusablesEntry(**SETTING, variant="strict.int8", rows=rows)]


def test_groups_with_errors_are_sorted_worst_first_and_the_others_are_counted():
    text = confusables_text(confusables(("未末", 99, 1), ("土士", 100, 0), ("へべぺ", 90, 7.5)))
    assert text.splitlines()[2:4] == ["| へべぺ | 90.0 / 7.5 of 200 |", "| 未末 | 99.0 / 1.0 of 200 |"]
    assert "groups without errors, not shown: 1." in text


def test_groups_without_errors_need_no_table():
    assert confusables_text(confusables(("土士", 100, 0))).startswith("Classified correctly")
