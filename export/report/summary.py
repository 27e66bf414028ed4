"""The results in the README: accuracy of the shipped models by evaluation set, and their size and speed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from export.report.measurements import Measurements
from export.report.tables import NOT_BENCHED, markdown_table
from kakitori.schemas.bench import Bench
from kakitori.schemas.evaluation import AccuracyEntry, AccuracyRow
from training.evaluation.accuracy import ALL
from training.evaluation.results import engines_of, of_measure

SHOWN = "strict.int8"  # the file that the page and the Python package run


@dataclass(frozen=True)
class SummaryRow:
    """A row of the accuracy table: the evaluation set's description, and the sources whose samples it holds."""

    what: str
    sources: tuple[str, ...]


# Real handwriting first. A row appears when one of the models was measured on it.
SUMMARY = (
    SummaryRow("Tegaki: 50 kanji, written five times by a learner", ("tegaki-kanji",)),
    SummaryRow("Tegaki: hiragana of one writer", ("tegaki-hiragana",)),
    SummaryRow("Tegaki: katakana of one writer", ("tegaki-katakana",)),
    SummaryRow("Omniglot: katakana copied with a mouse by 20 people", ("omniglot-katakana",)),
    SummaryRow("Tomoe: one drawing of each kanji, entered as a few points a stroke", ("tomoe",)),
    SummaryRow("four fonts that training never saw", ("fonts", "fonts-wide")),
    SummaryRow("generated ink, nearly half of it as if photographed or scanned", ("ink",)),
)


def summary_text(models: Mapping[str, Measurements]) -> str:
    """Return the table of accuracy, and the sentence on size and speed."""
    return f"{summary_table(models)}\n\n{sizes_text(models)}"


def summary_table(models: Mapping[str, Measurements]) -> str:
    """Return top-1, top-5 and the number of samples by evaluation set, a column for each model, and the setting."""
    entries = {name: shown_entries(measured) for name, measured in models.items()}
    rows = []
    for row in SUMMARY:
        cells = [summary_cell(row, found) for found in entries.values()]
        if any(cells):
            rows.append([row.what, *cells])
    everything = [entry for found in entries.values() for entry in found]
    table = markdown_table(["top-1 / top-5 in percent", *(f"`{name}`" for name in models)], rows, 1)
    return f"{table}\n\n`{SHOWN}`, measured by `invoke evaluate` in {engines_of(everything)}."


def shown_entries(measured: Measurements) -> list[AccuracyEntry]:
    """Return the accuracy entries of SHOWN."""
    return [entry for entry in of_measure(measured.evaluation, AccuracyEntry) if entry.variant == SHOWN]


def summary_cell(row: SummaryRow, entries: list[AccuracyEntry]) -> str:
    """Return "top-1 / top-5 of number" of a row's samples; "" where none were measured."""
    found = next((total_of(entry, row.sources) for entry in entries if total_of(entry, row.sources)), None)
    return f"{found.top1_percent:.1f} / {found.top5_percent:.1f} of {found.characters:,}" if found else ""


def total_of(entry: AccuracyEntry, sources: tuple[str, ...]) -> AccuracyRow | None:
    """Return the row of all writers of one of the sources; None if the entry has no such source."""
    rows = [row for row in entry.rows if row.source in sources]
    return rows[0] if len(rows) == 1 else next((row for row in rows if row.writer == ALL), None)


def sizes_text(models: Mapping[str, Measurements]) -> str:
    """Return one sentence on the size and the speed of each model's SHOWN, and the setting."""
    benches = {name: measured.bench for name, measured in models.items() if measured.bench}
    if not benches:
        return NOT_BENCHED
    described = "; ".join(f"`{name}`: {describe(bench)}" for name, bench in benches.items())
    settings = sorted({f"{b.setting.engine}, {b.setting.processor}, {b.date}" for b in benches.values()})
    browsers = sorted({b.comparison.browser.engine for b in benches.values() if b.comparison})
    return (
        f"Size and median time of one image, {described}. Measured by `invoke bench` in "
        f"{'; '.join([*settings, *filter(None, browsers)])}."
    )


def describe(bench: Bench) -> str:
    """Return the size of SHOWN, raw and gzipped, and its time natively and in Chromium, where they were measured."""
    timing = next((timing for timing in bench.files if timing.variant == SHOWN), None)
    size = f"{timing.size_bytes / 1e6:.2f} MB ({timing.gzip_bytes / 1e6:.2f} MB gzip)" if timing else ""
    compared = bench.comparison.rows if bench.comparison else []
    row = next((row for row in compared if row.name == SHOWN), None)
    places = {"ONNX Runtime": row.native, "Chromium": row.browser} if row else {}
    times = [f"{times.p50_ms:.2f} ms in {place}" for place, times in places.items() if times]
    return ", ".join(filter(None, [size, *times]))
