"""Markdown tables of accuracy, exported files, drawing speed and ablations, made from the measured figures. Pure."""

from kakitori.schemas.bench import Bench
from kakitori.schemas.evaluation import Ablation, AccuracyEntry, EvaluationEntry
from kakitori.schemas.manifest import Manifest
from kakitori.spec import GENERATED
from training.evaluation.metrics import FIGURES
from training.evaluation.results import engines_of, of_measure

NOT_BENCHED = "Not measured yet: `invoke bench`."


def markdown_table(headings: list[str], rows: list[list[str]], numbers_from: int) -> str:
    """Return a Markdown table whose columns from `numbers_from` on are right-aligned."""
    rule = ["---" if i < numbers_from else "---:" for i in range(len(headings))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [headings, rule, *rows])


def percent(value: float | None) -> str:
    """Return a percentage with two decimals and its sign; "" for None."""
    return "" if value is None else f"{value:.2f} %"


def accuracy_table(evaluation: list[EvaluationEntry]) -> str:
    """Return top-k by evaluation set, variant, source and writer, and the setting."""
    entries = of_measure(evaluation, AccuracyEntry)
    if not entries:
        return "Not measured yet: `invoke evaluate --strokes FILE.jsonl.gz`."
    measured = [row for entry in entries for row in entry.rows]
    figures = [name for name in FIGURES if any(getattr(row, name) is not None for row in measured)]
    rows = [
        [entry.set, entry.variant, row.source, row.writer, f"{row.characters:,}",
         *(percent(getattr(row, name)) for name in figures)]
        for entry in entries for row in entry.rows
    ]  # fmt: skip
    headings = ["evaluation set", "variant", "source", "writer", "characters", *(FIGURES[name] for name in figures)]
    return markdown_table(headings, rows, 4) + f"\n\nMeasured by `invoke evaluate` in {engines_of(entries)}."


def variants_table(manifest: Manifest | None, bench: Bench | None) -> str:
    """Return size, accuracy, agreement and latency of every exported file, and the setting."""
    if not manifest:
        return "Not exported yet: `invoke export --backend strict`."
    timings = {(row.variant, row.sha256): row for row in bench.files} if bench else {}  # none of an earlier file
    rows, dates = [], set()
    for row in manifest.files:
        timing, accuracy, parity = timings.get((row.variant, row.sha256)), row.evaluated[1], row.parity
        dates |= {timing.date} if timing else set()
        rows.append([
            row.variant, str(row.opset), f"{row.bytes / 1e6:.2f} MB",
            f"{timing.gzip_bytes / 1e6:.2f} MB" if timing else "",
            percent(accuracy.top1_percent), f"{accuracy.fp32_top1_percent - accuracy.top1_percent:+.2f}",
            f"{parity.max_logit_difference:g}", percent(100 * parity.argmax_agreement),
            f"{timing.p50_ms:.2f} / {timing.p95_ms:.2f} ms" if timing else "",
        ])  # fmt: skip
    what, seen = manifest.files[0].evaluated[0], "test images"
    if what == GENERATED:
        what, seen = "generated ink", "test images of generated ink"
    headings = ["variant", "opset", "size", "gzip", f"top-1 on {what}", "points lost", "max logit difference",
                "same answer as PyTorch", "latency p50 / p95"]  # fmt: skip
    images = max(row.evaluated[1].images for row in manifest.files)
    text = markdown_table(headings, rows, 1)
    text += f"\n\nAccuracy and agreement: `invoke export`, on {images:,} {seen}, "
    text += f"in {'; '.join(sorted({row.parity.engine for row in manifest.files}))}."
    if bench and dates:
        s = bench.setting
        text += (
            f" Latency: `invoke bench`, one image, {s.engine}, {s.processor}, {s.runs} runs after {s.warm_ups} "
            f"warm-ups, {' and '.join(sorted(dates))}."
        )
    return text


def ink_table(bench: Bench | None) -> str:
    """Return the drawing speed of ink by image side, and the setting."""
    if not bench:
        return NOT_BENCHED
    rows = [[f"{row.side_px} x {row.side_px}", f"{row.images_per_second:,}"] for row in bench.ink]
    s = bench.setting
    return (
        markdown_table(["image", "augmented images per second, one core"], rows, 1)
        + f"\n\nMeasured by `invoke bench` on {s.processor}, Python {s.python}, {bench.date}."
    )


def ablation_table(ablation: Ablation) -> str:
    """Return top-1 by evaluation set of the runs without each effect of the ink, and the setting."""
    first = ablation.rows[0]
    rows = [[row.without, *(percent(figures.top1_percent) for figures in row.sets)] for row in ablation.rows]
    counts = ", ".join(f"{figures.characters:,} of {figures.set}" for figures in first.sets)
    return (
        markdown_table(["without", *(f"top-1, {figures.set}" for figures in first.sets)], rows, 1)
        + f"\n\nMeasured by `{ablation.command}`: {first.images_seen:,} images a run, {ablation.setting['arch']} "
        f"network; characters evaluated: {counts}. {ablation.date}."
    )
