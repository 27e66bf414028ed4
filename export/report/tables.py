"""Tables for people, made from the measured files: the model card and the README's tables. Never edited by hand."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from export.report.compat_table import compat_rows, compat_setting
from export.report.markdown import markdown_table
from export.report.reliability_tables import RELIABILITY_FILE, confidence_text, plot_reliability, scores_text
from export.report.robust_tables import confusables_text, corruptions_text
from export.report.speed_table import PLOT_FILE, speed_headings, speed_rows, speed_setting
from kakitori.errors import KakitoriError
from kakitori.files import read_json, write_text
from kakitori.model_directory import current_manifest
from kakitori.schemas.config import Licence
from kakitori.schemas.manifest import Manifest
from kakitori.spec import COMPAT_FILE, GENERATED, INK_CHARSETS, join_licences, read_spec
from training.data.fonts.table import FONTS
from training.data.registry import JOIN
from training.evaluation.metrics import FIGURES
from training.evaluation.results import ACCURACY, RESULTS_FILE, of_measure
from training.fit.history import CURVES_FILE, LOG_FILE

CARD_FILE = "README.md"
CARD_TEMPLATE = "card.md.j2"
BENCH_FILE = "bench.json"
NUMBER_FORMATS = {"no": "float32", "bf16": "bfloat16", "fp16": "float16"}  # by accelerate's names


def accuracy_table(evaluation: list[dict[str, Any]]) -> str:
    """Return top-k by evaluation set, variant, source and writer, and the setting."""
    evaluation = of_measure(evaluation, ACCURACY)
    if not evaluation:
        return "Not measured yet: `invoke evaluate --strokes FILE.jsonl.gz`."
    measured = [row for entry in evaluation for row in entry["rows"]]
    figures = {name: heading for name, heading in FIGURES.items() if any(name in row for row in measured)}
    rows = [
        [entry["set"], entry["variant"], row["source"], row["writer"], f"{row['characters']:,}",
         *(f"{row[name]:.2f} %" if name in row else "" for name in figures)]
        for entry in evaluation for row in entry["rows"]
    ]  # fmt: skip
    headings = ["evaluation set", "variant", "source", "writer", "characters", *figures.values()]
    engines = sorted({f"{entry['engine']}, {entry['date']}" for entry in evaluation})
    return markdown_table(headings, rows, 4) + f"\n\nMeasured by `invoke evaluate` in {'; '.join(engines)}."


def variants_table(manifest: Manifest | None, bench: dict[str, Any] | None) -> str:
    """Return size, accuracy, agreement and latency of every exported file, and the setting."""
    if not manifest:
        return "Not exported yet: `invoke export --backend strict`."
    timings = {row["variant"]: row for row in bench["files"]} if bench else {}
    rows = []
    for row in manifest.files:
        timing, accuracy, parity = timings.get(row.variant), row.evaluated[1], row.parity
        rows.append([
            row.variant, str(row.opset), f"{row.bytes / 1e6:.2f} MB",
            f"{timing['gzip_bytes'] / 1e6:.2f} MB" if timing else "",
            f"{accuracy.top1_percent:.2f} %", f"{accuracy.fp32_top1_percent - accuracy.top1_percent:+.2f}",
            f"{parity.max_logit_difference:g}", f"{100 * parity.argmax_agreement:.2f} %",
            f"{timing['p50_ms']:.2f} / {timing['p95_ms']:.2f} ms" if timing else "",
        ])  # fmt: skip
    what, seen = manifest.files[0].evaluated[0], "test images"
    if what == GENERATED:
        what, seen = "generated ink", "generated images that training never drew"
    headings = ["variant", "opset", "size", "gzip", f"top-1 on {what}", "points lost", "max logit difference",
                "same answer as PyTorch", "latency p50 / p95"]  # fmt: skip
    images = max(row.evaluated[1].images for row in manifest.files)
    text = markdown_table(headings, rows, 1)
    text += f"\n\nAccuracy and agreement: `invoke export`, on {images:,} {seen}, "
    text += f"in {'; '.join(sorted({row.parity.engine for row in manifest.files}))}."
    if bench:
        s, dates = bench["setting"], sorted({timing["date"] for timing in timings.values()})
        text += (
            f" Latency: `invoke bench`, one image, {s['engine']}, {s['processor']}, {s['runs']} runs after "
            f"{s['warm_ups']} warm-ups, {' and '.join(dates)}."
        )
    return text


def speed_table(bench: dict[str, Any] | None) -> str:
    """Return our files' sizes and times beside the stand-in's, and the setting."""
    if not bench or "comparison" not in bench:
        return "Not measured yet: `invoke bench`."
    comparison = bench["comparison"]
    return markdown_table(speed_headings(comparison), speed_rows(comparison), 1) + "\n\n" + speed_setting(bench)


def ink_table(bench: dict[str, Any] | None) -> str:
    """Return how fast ink is drawn, and the setting."""
    if not bench:
        return "Not measured yet: `invoke bench`."
    rows = [[f"{row['side_px']} x {row['side_px']}", f"{row['images_per_second']:,}"] for row in bench["ink"]]
    s = bench["setting"]
    return (
        markdown_table(["image", "augmented images a second, one core"], rows, 1)
        + f"\n\nMeasured by `invoke bench` on {s['processor']}, Python {s['python']}, {bench['date']}."
    )


def ablation_table(ablation: dict[str, Any]) -> str:
    """Return what is read when an effect of the ink is left out, and the setting."""
    sets = [figures["set"] for figures in ablation["rows"][0]["sets"]]
    rows = [
        [row["without"], *(f"{figures['top1_percent']:.2f} %" for figures in row["sets"])] for row in ablation["rows"]
    ]
    counts = ", ".join(f"{f['characters']:,} of {f['set']}" for f in ablation["rows"][0]["sets"])
    images = ablation["rows"][0]["images_seen"]
    return (
        markdown_table(["without", *(f"top-1, {name}" for name in sets)], rows, 1)
        + f"\n\nMeasured by `{ablation['command']}`: {images:,} images a run, {ablation['setting']['arch']} network; "
        f"characters read: {counts}. {ablation['date']}."
    )


def compat_table(result: dict[str, Any] | None) -> str:
    """Return where every exported file gives the same answers, engine by engine, and the setting."""
    if not result:
        return "Not measured yet: `invoke compat`."
    headings = ["engine", "version", "green", "red", "grey", "fp32: same answer", "fp32: max logit difference",
                "strict.int8: same answer", "strict.int8: load / first / warm"]  # fmt: skip
    return markdown_table(headings, compat_rows(result), 2) + "\n\n" + compat_setting(result)


def read_measurements(model_dir: Path) -> dict[str, Any]:
    """Return what has been measured of a model: `evaluation`, `manifest`, `bench`, `compat`; None where nothing has."""
    files = {"evaluation": RESULTS_FILE, "bench": BENCH_FILE, "compat": COMPAT_FILE}
    return {"manifest": current_manifest(model_dir)} | {
        name: read_json(model_dir / file) if (model_dir / file).exists() else None for name, file in files.items()
    }


def make_tables(model_dir: Path) -> dict[str, str]:
    """Return the Markdown tables by name; of corruptions and confidence "" if they were not measured."""
    measured = read_measurements(model_dir)
    return {
        "accuracy": accuracy_table(measured["evaluation"] or []),
        "corruptions": corruptions_text(measured["evaluation"] or []),
        "confidence": confidence_text(measured["evaluation"] or [], read_spec(model_dir).confidence),
        "variants": variants_table(measured["manifest"], measured["bench"]),
        "speed": speed_table(measured["bench"]),
        "compat": compat_table(measured["compat"]),
        "ink": ink_table(measured["bench"]),
    }


def replace_tables(text: str, tables: dict[str, str]) -> str:
    """Return `text` with each table between its `<!-- name:begin -->` and `<!-- name:end -->`.

    Raises:
        KakitoriError: if a marker is missing.
    """
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
        if not pattern.search(text):
            marker = f"<!-- {name}:begin --> and <!-- {name}:end -->"
            raise KakitoriError(f"The README lacks the markers {marker}: put them in.")
        text = pattern.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)
    return text


def write_readme_tables(model_dir: Path, readme: Path) -> None:
    """Renew the tables of a README, between their markers.

    Raises:
        KakitoriError: if a marker is missing.
    """
    write_text(readme, replace_tables(readme.read_text(encoding="utf-8"), make_tables(model_dir)))


def write_card(model_dir: Path) -> None:
    """Write the model card of a trained model, and the picture of its reliability where that was measured."""
    plot_reliability(read_measurements(model_dir)["evaluation"] or [], model_dir / RELIABILITY_FILE)
    write_text(model_dir / CARD_FILE, make_card(model_dir))


def make_card(model_dir: Path) -> str:
    """Return the model card, Markdown, from the model's config and what has been measured."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    spec = read_spec(model_dir)
    runs = training_runs(spec.training)
    parts = spec.training.get("dataset", GENERATED).split(JOIN)
    evaluation = read_measurements(model_dir)["evaluation"] or []
    return environment.get_template(CARD_TEMPLATE).render(
        name=model_dir.resolve().name, spec=spec, facts=spec.training,
        data={key: join_licences(spec.data, key) for key in Licence.__annotations__},
        is_drawn=is_drawn(parts), has_fonts=not set(parts) <= set(INK_CHARSETS), drawn=INK_CHARSETS,
        tables=make_tables(model_dir),
        confusables=confusables_text(evaluation), scores=scores_text(evaluation), reliability=RELIABILITY_FILE,
        runs=runs, co2eq_g=emitted_grams(runs), number_formats=NUMBER_FORMATS, curves=CURVES_FILE, log=LOG_FILE,
        speed_plot=PLOT_FILE if (model_dir / PLOT_FILE).exists() else None,
    )  # fmt: skip


def is_drawn(parts: list[str]) -> bool:
    """Tell whether the parts of a data set are all made here, of ink and fonts, and the first is ink."""
    return parts[0] in INK_CHARSETS and all(part in INK_CHARSETS or part.startswith(FONTS) for part in parts)


def training_runs(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the facts of the runs that made a model, first to last, each with its `command` and its teacher's runs."""
    earlier = training_runs(facts["base"]) if facts.get("base") else []
    teacher = training_runs(facts["taught_by"]) if facts.get("taught_by") else []
    return [*earlier, facts | {"command": training_command(facts), "teacher_runs": teacher}]


def emitted_grams(runs: list[dict[str, Any]]) -> float | None:
    """Return the grams of CO2 equivalent of all the runs that made a model and its teachers; None if one is unknown."""
    everyone = [*runs, *(taught for run in runs for taught in run.get("teacher_runs", []))]
    if any("emissions_kg" not in run for run in everyone):
        return None
    return round(1000 * sum(run["emissions_kg"] for run in everyone), 3)


def training_command(facts: dict[str, Any]) -> str:
    """Return the `invoke train` command that these facts came from: every flag that is not at its default."""
    from training.fit.config import TrainConfig  # pulls in torch, which the other tables do not need

    defaults = TrainConfig().facts
    changed = {name: facts[name] for name in defaults if name in facts and facts[name] != defaults[name]}
    flags = [f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in changed.items()]
    return " ".join(["invoke train --fresh", *flags])
