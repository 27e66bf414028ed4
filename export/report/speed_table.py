"""The table and the plot of a model's files beside the stand-in, from bench.json."""

from itertools import cycle
from pathlib import Path

from export.report.tables import NOT_BENCHED, markdown_table
from kakitori.files import replacing
from kakitori.schemas.bench import Bench, ComparedFile, Comparison, RelativeTimes
from kakitori.schemas.manifest import Manifest

PLACES = {"native": "native", "browser": "Chromium"}  # fields of a compared file, and their headings
PLOT_FILE = "bench.png"
OURS, THEIRS = "#c8402f", "#2f3f52"
MARKERS = "osD^vPX"


def speed_table(bench: Bench | None) -> str:
    """Return the sizes and times of a model's files beside the stand-in's, and the setting."""
    if not bench or not bench.comparison:
        return NOT_BENCHED
    places = measured_places(bench.comparison)
    headings = ["file", "size", *(f"{PLACES[place]} {what}" for place in places for what in ("p50 / p95", "ratio"))]
    rows = []
    for row in bench.comparison.rows:
        cells = [row.name, f"{row.size_bytes / 1e6:.2f} MB"]
        for times in (times_in(row, place) for place in places):
            cells += [f"{times.p50_ms:.2f} / {times.p95_ms:.2f} ms", f"{100 * times.ratio:.0f} %"]
        rows.append(cells)
    return markdown_table(headings, rows, 1) + "\n\n" + speed_setting(bench, bench.comparison)


def measured_places(comparison: Comparison) -> list[str]:
    """Return the fields of PLACES that were measured, in their order."""
    return [place for place in PLACES if getattr(comparison.rows[0], place) is not None]


def times_in(row: ComparedFile, place: str) -> RelativeTimes:
    """Return a file's times in one of `measured_places`."""
    times: RelativeTimes = getattr(row, place)
    return times


def speed_setting(bench: Bench, comparison: Comparison) -> str:
    """Return the sentences that say what was compared, where and how."""
    setting, browser = bench.setting, comparison.browser
    where = f"and {browser.engine}" if browser.engine else f"not in Chromium ({browser.problem})"
    return (
        "The stand-in is an EfficientNet-lite of 6,507 classes with random weights, of the size and cost of the model "
        f"that public kanji pages run (`export/report/standin.py`). Measured by `invoke bench`, one image, files in "
        f"turns, in {setting.engine}, {where}; {setting.processor}, {bench.date}. Ratio: median time over the "
        "stand-in's."
    )


def write_speed_plot(comparison: Comparison, manifest: Manifest, model_dir: Path) -> None:
    """Write `bench.png`: time over size, a panel for each place, each of the model's files with its top-1."""
    from matplotlib.figure import Figure

    top1 = {row.variant: row.evaluated[1].top1_percent for row in manifest.files}
    places = measured_places(comparison)
    figure = Figure(figsize=(5.4 * len(places), 4.0), layout="constrained")
    for axes, place in zip(figure.subplots(1, len(places), squeeze=False)[0], places, strict=True):
        for row, marker in zip(comparison.rows, cycle(MARKERS), strict=False):
            label = f"{row.name}, {top1[row.name]:.2f} %" if row.name in top1 else row.name
            colour = OURS if row.name in top1 else THEIRS
            axes.plot(row.size_bytes / 1e6, times_in(row, place).p50_ms, marker, color=colour, label=label)
        axes.set(xlabel="size, MB", ylabel=f"{PLACES[place]}, ms per character", xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    with replacing(model_dir / PLOT_FILE) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
