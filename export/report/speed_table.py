"""The table and the picture of our files beside the stand-in, from bench.json."""

from itertools import cycle
from pathlib import Path
from typing import Any

from kakitori.files import replacing
from kakitori.schemas.manifest import Manifest

PLACES = {"native": "native", "browser": "Chromium"}  # where times were taken, and the headings
PLOT_FILE = "bench.png"
OURS, THEIRS = "#c8402f", "#2f3f52"
MARKERS = "osD^vPX"


def speed_headings(comparison: dict[str, Any]) -> list[str]:
    """Return the headings of `speed_rows`."""
    return ["file", "size", *(f"{PLACES[p]} {what}" for p in places(comparison) for what in ("p50 / p95", "ratio"))]


def places(comparison: dict[str, Any]) -> list[str]:
    """Return where times were taken, in the order of PLACES."""
    return [place for place in PLACES if place in comparison["rows"][0]]


def speed_rows(comparison: dict[str, Any]) -> list[list[str]]:
    """Return a row for each file: size, and in each place the times and the ratio to the stand-in's."""
    rows = []
    for row in comparison["rows"]:
        cells = [row["name"], f"{row['size_bytes'] / 1e6:.2f} MB"]
        for place in places(comparison):
            times = row[place]
            cells += [f"{times['p50_ms']:.2f} / {times['p95_ms']:.2f} ms", f"{100 * times['ratio']:.0f} %"]
        rows.append(cells)
    return rows


def speed_setting(bench: dict[str, Any]) -> str:
    """Return the sentences on what was compared, where and how."""
    setting, browser = bench["setting"], bench["comparison"]["browser"]
    where = f"and {browser['engine']}" if browser["engine"] else f"not in Chromium ({browser['problem']})"
    return (
        "The stand-in is an EfficientNet-lite of 6,507 classes, size and cost of the model that kanji pages run today, "
        f"with random weights (`export/report/standin.py`). Measured by `invoke bench`, one image, files in turns, in "
        f"{setting['engine']}, {where}; {setting['processor']}, {bench['date']}. Ratio: of the middle times."
    )


def write_speed_plot(comparison: dict[str, Any], manifest: Manifest, model_dir: Path) -> None:
    """Write `bench.png`: time over size, a panel for each place, each of our files with its top-1."""
    from matplotlib.figure import Figure

    top1 = {row.variant: row.evaluated[1].top1_percent for row in manifest.files}
    shown = places(comparison)
    figure = Figure(figsize=(5.4 * len(shown), 4.0), layout="constrained")
    for axes, place in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for row, marker in zip(comparison["rows"], cycle(MARKERS), strict=False):
            name = row["name"]
            label = f"{name}, {top1[name]:.2f} %" if name in top1 else name
            colour = OURS if name in top1 else THEIRS
            axes.plot(row["size_bytes"] / 1e6, row[place]["p50_ms"], marker, color=colour, label=label)
        axes.set(xlabel="size, MB", ylabel=f"{PLACES[place]}, ms a character", xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    with replacing(model_dir / PLOT_FILE) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
