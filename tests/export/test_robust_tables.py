from export.report.robust_tables import confusables_text, corruptions_text

SETTING = {"engine": "engine 1", "date": "2026-11-21", "variant": "strict.int8", "set": "a.jsonl"}


def corrupted(name, source, characters, top1):
    return {"corruption": name, "source": source, "characters": characters, "top1_percent": top1,
            "top5_percent": 100, "clean_top1_percent": 100}  # fmt: skip


def test_what_was_not_measured_has_no_table():
    accuracy = SETTING | {"rows": []}
    assert corruptions_text([accuracy]) == confusables_text([accuracy]) == ""


def test_disturbances_have_a_column_for_each_source_and_variant():
    rows = [corrupted("none", "pen", 9, 100), corrupted("none", "all", 9, 100), corrupted("joined", "pen", 7, 90.04)]
    entry = SETTING | {"measure": "corruptions", "rows": rows}
    first, _, none, joined, _, setting = corruptions_text([entry, entry | {"variant": "pytorch"}]).splitlines()
    assert first == "| corruption | pen, strict.int8 | pen, pytorch |"
    assert none == "| none | 100.0 / 100.0 | 100.0 / 100.0 |"
    assert joined == "| joined | 90.0 / 100.0 of 7 | 90.0 / 100.0 of 7 |"
    assert setting.endswith("in engine 1, 2026-11-21.")


def test_confused_groups_stand_worst_first_and_the_others_are_counted():
    figures = [("未末", 99, 1), ("土士", 100, 0), ("へべぺ", 90, 7.5)]
    rows = [
        {"group": group, "characters": 200, "right_percent": right, "confused_percent": confused}
        for group, right, confused in figures
    ]
    text = confusables_text([SETTING | {"measure": "confusables", "rows": rows}])
    assert text.splitlines()[2:4] == ["| へべぺ | 90.0 / 7.5 of 200 |", "| 未末 | 99.0 / 1.0 of 200 |"]
    assert "groups without a mistake: 1." in text
