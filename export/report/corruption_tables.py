"""Markdown tables of `invoke evaluate --corruptions` and `--confusables`. Pure; "" if nothing was measured."""

from collections import Counter

from export.report.tables import markdown_table
from kakitori.schemas.evaluation import ConfusablesEntry, CorruptionsEntry, EvaluationEntry
from training.evaluation.accuracy import ALL
from training.evaluation.results import engines_of, of_measure

Cells = dict[str, dict[str, str]]  # by row, then by column


def corruptions_text(evaluation: list[EvaluationEntry]) -> str:
    """Return top-1 and top-5 under each corruption, a column for every source and variant, and the setting."""
    entries = of_measure(evaluation, CorruptionsEntry)
    cells: Cells = {}
    for entry in entries:
        all_of: dict[str, int] = {}
        for row in entry.rows:
            count = all_of.setdefault(row.source, row.characters)  # of the first row, "none"
            number = "" if row.characters == count else f" of {row.characters:,}"
            text = f"{row.top1_percent:.1f} / {row.top5_percent:.1f}{number}"
            if row.source != ALL:
                cells.setdefault(row.corruption, {})[f"{row.source}, {entry.variant}"] = text
    if not cells:
        return ""
    return (
        f"{_table('corruption', cells)}\n\nTop-1 / top-5 in percent, followed by the number of drawings where the "
        f"corruption does not apply to all. Measured by `invoke evaluate --corruptions` in {engines_of(entries)}."
    )


def confusables_text(evaluation: list[EvaluationEntry]) -> str:
    """Return the accuracy within each group that has errors, lowest first, and the setting."""
    entries = of_measure(evaluation, ConfusablesEntry)
    cells: Cells = {}
    seen: Counter[str] = Counter()
    wrong: dict[str, float] = {}
    for entry in entries:
        for row in entry.rows:
            text = f"{row.right_percent:.1f} / {row.confused_percent:.1f} of {row.characters:,}"
            cells.setdefault(row.group, {})[f"{entry.set}, {entry.variant}"] = text
            seen[row.group] += row.characters
            wrong[row.group] = wrong.get(row.group, 0) + row.characters * (100 - row.right_percent)
    if not cells:
        return ""
    shown = sorted((group for group in cells if wrong[group]), key=lambda group: -wrong[group] / seen[group])
    table = _table("group", {group: cells[group] for group in shown}) + "\n\n" if shown else ""
    return (
        f"{table}Classified correctly / as another member of the group, in percent of the number of samples; groups "
        f"without errors, not shown: {len(cells) - len(shown)}. Measured by `invoke evaluate --confusables` in "
        f"{engines_of(entries)}."
    )


def _table(heading: str, cells: Cells) -> str:
    columns = list(dict.fromkeys(column for row in cells.values() for column in row))
    rows = [[name, *(row.get(column, "") for column in columns)] for name, row in cells.items()]
    return markdown_table([heading, *columns], rows, 1)
