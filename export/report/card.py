"""The model card: README.md of a model directory, made from its config and what has been measured of it."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from export.report.measurements import make_tables, read_measurements
from export.report.reliability_tables import RELIABILITY_FILE, plot_reliability
from export.report.speed_table import PLOT_FILE
from kakitori.files import write_text
from kakitori.schemas.config import Licence
from kakitori.spec import GENERATED, INK_CHARSETS, join_licences, read_spec
from training.data.fonts.table import FONTS
from training.data.registry import JOIN
from training.fit.config import TrainConfig
from training.fit.history import CURVES_FILE, LOG_FILE

CARD_FILE = "README.md"
CARD_TEMPLATE = "card.md.j2"
RECIPE_FILE = "recipe.toml"
NUMBER_FORMATS = {"no": "float32", "bf16": "bfloat16", "fp16": "float16"}  # by accelerate's names


@cache
def environment() -> Environment:
    """Return the Jinja environment of the documents: a missing value is an error, and nothing is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=False,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def write_card(model_dir: Path) -> Path:
    """Write the model card of a trained model, and its reliability diagram if that was measured; return its path."""
    plot_reliability(read_measurements(model_dir).evaluation, model_dir / RELIABILITY_FILE)
    write_text(model_dir / CARD_FILE, make_card(model_dir))
    return model_dir / CARD_FILE


def make_card(model_dir: Path) -> str:
    """Return the model card as Markdown."""
    spec = read_spec(model_dir)
    runs = training_runs(spec.training)
    parts = spec.training.get("dataset", GENERATED).split(JOIN)
    name = model_dir.resolve().name
    return environment().get_template(CARD_TEMPLATE).render(
        name=name, spec=spec, data={key: join_licences(spec.data, key) for key in Licence.__annotations__},
        facts=spec.training, runs=runs, recipe=recipe_command(model_dir),
        is_drawn=is_drawn(parts), has_fonts=not set(parts) <= set(INK_CHARSETS), drawn=INK_CHARSETS,
        tables=make_tables(model_dir), reliability=RELIABILITY_FILE,
        co2eq_g=emitted_grams(runs), number_formats=NUMBER_FORMATS, curves=CURVES_FILE, log=LOG_FILE,
        speed_plot=PLOT_FILE if (model_dir / PLOT_FILE).exists() else None,
    )  # fmt: skip


def is_drawn(parts: list[str]) -> bool:
    """Return whether all parts of a data set are generated ink and fonts, and the first is ink."""
    return parts[0] in INK_CHARSETS and all(part in INK_CHARSETS or part.startswith(FONTS) for part in parts)


def training_runs(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the facts of the runs that made a model, in order, each with `settings`, `command` and `teacher_runs`."""
    earlier = training_runs(facts["base"]) if facts.get("base") else []
    teacher = training_runs(facts["taught_by"]) if facts.get("taught_by") else []
    settings = changed_settings(facts)
    if earlier:
        settings.pop("start_from", None)  # the weights of the run before it in the list
    details = {"settings": settings, "command": training_command(facts), "teacher_runs": teacher}
    return [*earlier, facts | details]


def emitted_grams(runs: list[dict[str, Any]]) -> float | None:
    """Return the grams of CO2 equivalent of all the runs that made a model and its teachers; None if one is unknown."""
    everyone = [*runs, *(taught for run in runs for taught in run.get("teacher_runs", []))]
    if any("emissions_kg" not in run for run in everyone):
        return None
    return round(1000 * sum(run["emissions_kg"] for run in everyone), 3)


def changed_settings(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a run that differ from the defaults, by the names of `TrainConfig`."""
    defaults = TrainConfig().facts
    return {name: facts[name] for name in defaults if name in facts and facts[name] != defaults[name]}


def training_command(facts: dict[str, Any]) -> str:
    """Return the `invoke train` command of a run, with every flag that is not at its default."""
    changed = changed_settings(facts)
    flags = [f"--{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in changed.items()]
    return " ".join(["invoke train --fresh", *flags])


def recipe_command(model_dir: Path) -> str | None:
    """Return the command that trains the model again, beside it, from its recipe; None if there is no recipe."""
    if not (model_dir / RECIPE_FILE).exists():
        return None
    shown = f"models/{model_dir.resolve().name}"
    return f"invoke train --recipe {shown}/{RECIPE_FILE} --model runs/again"
