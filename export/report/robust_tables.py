"""Markdown tables of what `invoke evaluate --corruptions` and `--confusables` measured. Pure; "" where nothing was."""

from collections import Counter
from typing import Any

from export.report.markdown import markdown_table
from training.evaluation.results import CONFUSABLES, CORRUPTIONS, of_measure
from training.evaluation.robustness import ALL

Entries = list[dict[str, Any]]  # of evaluation.json
Cells = dict[str, dict[str, str]]  # by row, then by column


def corruptions_text(evaluation: Entries) -> str:
    """Return top-1 and top-5 under each corruption, a column for every source and variant, and the setting."""
    entries = of_measure(evaluation, CORRUPTIONS)
    cells: Cells = {}
    for entry in entries:
        most: dict[str, int] = {}
        for row in entry["rows"]:
            counts = most.setdefault(row["source"], row["characters"])  # the first row's: clean
            number = "" if row["characters"] == counts else f" of {row['characters']:,}"
            text = f"{row['top1_percent']:.1f} / {row['top5_percent']:.1f}{number}"
            if row["source"] != ALL:
                cells.setdefault(row["corruption"], {})[f"{row['source']}, {entry['variant']}"] = text
    return _table("corruption", cells) + _setting(
        entries,
        "Top-1 / top-5 in per cent; where a corruption does not apply to every drawing, of how many. Measured by "
        "`invoke evaluate --corruptions`",
    )


def confusables_text(evaluation: Entries) -> str:
    """Return how the groups with errors are read, those with most first, and the setting."""
    entries = of_measure(evaluation, CONFUSABLES)
    cells: Cells = {}
    seen, wrong = Counter(), Counter()
    for entry in entries:
        for row in entry["rows"]:
            group, text = row["group"], f"{row['right_percent']:.1f} / {row['confused_percent']:.1f}"
            cells.setdefault(group, {})[f"{entry['set']}, {entry['variant']}"] = f"{text} of {row['characters']:,}"
            seen[group] += row["characters"]
            wrong[group] += row["characters"] * (100 - row["right_percent"])
    shown = sorted((group for group in cells if wrong[group]), key=lambda group: -wrong[group] / seen[group])
    return _table("group", {group: cells[group] for group in shown}) + _setting(
        entries,
        f"Read rightly / as another of the group in per cent, of how many samples; groups without a mistake: "
        f"{len(cells) - len(shown)}. Measured by `invoke evaluate --confusables`",
    )


def _table(heading: str, cells: Cells) -> str:
    """Return the cells as a table; "" if there are none."""
    if not cells:
        return ""
    columns = list(dict.fromkeys(column for row in cells.values() for column in row))
    rows = [[name, *(row.get(column, "") for column in columns)] for name, row in cells.items()]
    return markdown_table([heading, *columns], rows, 1) + "\n\n"


def _setting(entries: Entries, what: str) -> str:
    """Return the sentence on what was measured in which engines and when; "" where nothing was."""
    engines = sorted({f"{entry['engine']}, {entry['date']}" for entry in entries})
    return f"{what} in {'; '.join(engines)}." if entries else ""
