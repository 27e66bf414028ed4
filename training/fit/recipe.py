"""Recipes: the settings of one or several training runs in a TOML file, so that one command makes a model again.

    [[stage]]
    name = "base"
    epochs = 60

    [[stage]]
    name = "tuned"
    start_from = "base"     # an earlier stage, or a model directory
    learning_rate = 1e-3

The keys of a stage are the settings of `training.fit.config` that determine a result, named as their flags. The last
stage writes the model directory, an earlier one <model>/stages/<name>/.
"""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from kakitori.errors import KakitoriError
from training.fit.config import DETERMINING, TRANSIENT, TrainConfig
from training.fit.settings import SettingError, flag, given

STAGES_FOLDER = "stages"
MODELS_FOLDER = Path("models")
REFERENCES = ("start_from", "teacher")  # keys that name an earlier stage or a model directory


def read_recipe(path: Path, flags: dict[str, Any]) -> list[TrainConfig]:
    """Return the settings of each stage of a recipe, in order.

    Args:
        path: of the TOML file.
        flags: of the command line; only those that do not change the result may be given. The model directory is by
            default models/<name of the recipe's folder>.

    Raises:
        KakitoriError: naming file, stage and key of what is wrong.
    """
    typed = given(flags)
    wrong = [flag(name) for name in typed if name not in TRANSIENT]
    if wrong:
        raise KakitoriError(
            f"--recipe: {', '.join(wrong)} would contradict {path}: write it there; beside --recipe there may be "
            f"{', '.join(map(flag, TRANSIENT))}."
        )
    TrainConfig.from_flags(typed)  # refuses a wrong flag without naming a stage
    tables = read_tables(path)
    model = Path(typed.pop("model", MODELS_FOLDER / path.resolve().parent.name))
    *earlier, last = [table["name"] for table in tables]
    folders = {name: model / STAGES_FOLDER / name for name in earlier} | {last: model}
    return [
        read_stage(path, table, dict(list(folders.items())[:index]), typed | {"model": str(folders[table["name"]])})
        for index, table in enumerate(tables)
    ]


def read_tables(path: Path) -> list[dict[str, Any]]:
    """Return the stages' tables, whose names are checked.

    Raises:
        KakitoriError: if the file is missing, is not TOML, or has other tables, or a name is missing or used twice.
    """
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise KakitoriError(f"--recipe {path} cannot be read: {problem.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise KakitoriError(f"{path} is not valid TOML: {problem}.") from problem
    unknown = [key for key in recipe if key != "stage"]
    if unknown:
        raise KakitoriError(f"{path}: unknown key {unknown[0]!r}: expected [[stage]] tables only.")
    tables = recipe.get("stage")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise KakitoriError(f"{path} has no stages: write a [[stage]] table for each training run.")
    names: list[str] = []
    for number, table in enumerate(tables, start=1):
        name = table.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w-]*", name):
            raise KakitoriError(f"{path}: stage {number}: name {name!r} is not a word of letters, digits, _ and -.")
        if name in names:
            raise KakitoriError(f"{path}: stage {number}: name {name!r} is used twice: give each stage its own.")
        names.append(name)
    return tables


def read_stage(path: Path, table: dict[str, Any], earlier: dict[str, Path], transient: dict[str, Any]) -> TrainConfig:
    """Return the settings of one stage.

    Args:
        path: of the recipe, for messages.
        table: of the stage.
        earlier: model directories of the earlier stages, by name.
        transient: settings that do not change the result.

    Raises:
        KakitoriError: for an unknown key, a wrong value or an unknown stage.
    """
    place = f"{path}: stage {table['name']!r}"
    values = {key: value for key, value in table.items() if key != "name"}
    for key in values:
        if key not in DETERMINING:
            raise KakitoriError(f"{place}: unknown key {key!r}: choose one of name, {', '.join(DETERMINING)}.")
    try:
        for key in REFERENCES:
            if key in values:
                values[key] = find_model(key, values[key], earlier)
        TrainConfig.from_values(values)  # the types of TOML; those of the command line may be text
        return replace(TrainConfig.from_flags(values | transient), stage=place)
    except SettingError as problem:
        raise KakitoriError(f"{place}: {problem.name} {problem.problem}") from None
    except KakitoriError as problem:
        raise KakitoriError(f"{place}: {problem}") from None


def find_model(key: str, value: Any, earlier: dict[str, Path]) -> Any:
    """Return the model directory that a key of a stage names: an earlier stage's, or else the path itself.

    Raises:
        SettingError: for text that names neither an earlier stage nor an existing folder.
    """
    if not isinstance(value, str):
        return value  # of a wrong type, which the caller reports
    if value in earlier:
        return earlier[value].as_posix()
    if not Path(value).is_dir():
        stages = ", ".join(earlier) or "there is none"
        raise SettingError(key, f"{value!r} is neither an earlier stage ({stages}) nor a model directory.")
    return value
