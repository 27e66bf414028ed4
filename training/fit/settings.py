"""Settings as dataclass fields: type, default, bounds and help in one place; flags, checks and messages follow from it.

    epochs: Annotated[int, Setting("Passes over the data set.", above=0)] = 40

A setting is a flag of the same name on the command line (`learning_rate`: --learning-rate). Standard library only, so
that `invoke --list` stays instant.
"""

import inspect
import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from kakitori.errors import KakitoriError


@dataclass(frozen=True)
class Setting:
    """What a field of a settings dataclass means, and which values it takes. Numbers are finite in any case."""

    help: str
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    choices: Iterable[Any] = ()
    needs: str | None = None
    """Another setting, without which this one may not be given."""
    otherwise: str = ""
    """What applies where the setting is not given, in words, if its default is None."""
    transient: bool = False
    """Where and how a run computes: may differ between the parts of an interrupted run."""

    def describe_bounds(self) -> str:
        """Return the bounds in words, such as "above 0 and at most 1"; empty where there are none."""
        bounds = ((words, getattr(self, name)) for name, (words, _) in BOUNDS.items())
        return " and ".join(f"{words} {bound}" for words, bound in bounds if bound is not None)


BOUNDS = {
    "above": ("above", operator.gt),
    "at_least": ("at least", operator.ge),
    "below": ("below", operator.lt),
    "at_most": ("at most", operator.le),
}

Body = TypeVar("Body", bound=Callable[..., Any])  # of a task


@dataclass(frozen=True)
class Kind:
    """A type of settings: its name in messages, the types that TOML gives it, and its conversion."""

    words: str
    stored_as: tuple[type, ...]
    convert: Callable[[Any], Any]


def parse_numbers(text: str) -> tuple[int, ...]:
    """Return whole numbers joined by commas."""
    return tuple(int(number) for number in text.split(","))


KINDS = {
    bool: Kind("true or false", (bool,), bool),
    int: Kind("a whole number", (int,), int),
    float: Kind("a number", (int, float), float),
    str: Kind("text", (str,), str),
    Path: Kind("a path", (str,), Path),
    tuple[int, ...]: Kind("whole numbers joined by commas", (str,), parse_numbers),
}


@dataclass(frozen=True)
class Row:
    """One setting of a dataclass."""

    name: str
    kind: Any
    default: Any
    setting: Setting


class SettingError(KakitoriError):
    """A setting with a wrong value. `str()` names its flag; a reader of files puts its own words before `problem`."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{flag(name)} {problem}")
        self.name, self.problem = name, problem


def flag(name: str) -> str:
    """Return a setting's flag."""
    return f"--{name.replace('_', '-')}"


def rows(cls: type) -> dict[str, Row]:
    """Return the settings of a dataclass by name, in order: its fields that are annotated with a `Setting`."""
    return {
        field.name: Row(field.name, _kind(field.type), field.default, _setting(field.type))
        for field in fields(cls)
        if get_origin(field.type) is Annotated and field.default is not MISSING
    }


def _setting(annotated: Any) -> Setting:
    return annotated.__metadata__[0]


def _kind(annotated: Any) -> Any:
    """Return the type of an annotation, without None."""
    kind = get_args(annotated)[0]
    members = [member for member in get_args(kind) if member is not type(None)]
    return kind if kind in KINDS else members[0]


def parse(row: Row, value: Any, from_text: bool = False) -> Any:
    """Return a setting's value, checked by its type alone.

    Args:
        row: of the setting.
        value: as TOML gives it.
        from_text: whether the text of a command line is read as a number, too.

    Raises:
        SettingError: for a value of another type.
    """
    kind = KINDS[row.kind]
    try:
        if type(value) in kind.stored_as or (from_text and isinstance(value, str)):
            return kind.convert(value)
    except ValueError:
        pass
    raise SettingError(row.name, f"{value!r} is not {kind.words}.")


def check(config: Any) -> None:
    """Check the values of a settings dataclass against their choices and bounds, and that what they need is set.

    Raises:
        SettingError: for the first wrong one.
    """
    for row in rows(type(config)).values():
        value, setting = getattr(config, row.name), row.setting
        if value is None:
            continue
        if setting.choices and value not in setting.choices:
            raise SettingError(row.name, f"{value!r} is not one of {', '.join(map(str, setting.choices))}.")
        if row.kind in (int, float) and not _is_within(value, setting):
            raise SettingError(row.name, f"{value} must be {setting.describe_bounds() or 'finite'}.")
        if value != row.default:
            check_needs(row, config.__dict__)


def check_needs(row: Row, values: dict[str, Any]) -> None:
    """Check that the setting which another one needs is among the values given.

    Raises:
        SettingError: otherwise.
    """
    needed = row.setting.needs
    if needed and not values.get(needed):
        raise SettingError(row.name, f"needs {flag(needed)}: add it, or leave {flag(row.name)} out.")


def _is_within(value: float, setting: Setting) -> bool:
    bounds = ((compare, getattr(setting, name)) for name, (_, compare) in BOUNDS.items())
    return math.isfinite(value) and all(compare(value, bound) for compare, bound in bounds if bound is not None)


def plain(value: Any) -> Any:
    """Return a setting's value as JSON, TOML and a command line hold it."""
    if isinstance(value, Path):
        return value.as_posix()
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def given(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags of a command line that the user typed: neither None nor a switch that is off."""
    return {name: value for name, value in flags.items() if value is not None and value is not False}


def refuse_beside(owner: str, flags: dict[str, Any]) -> None:
    """Raise KakitoriError if the user typed one of the flags, none of which applies beside `owner`."""
    named = [flag(name) for name, value in given(flags).items() if value not in ("", [])]
    if named:
        raise KakitoriError(f"{owner} does not go with {', '.join(named)}: leave one or the other out.")


def help_texts(cls: type, names: Iterable[str] = (), **defaults: Any) -> dict[str, str]:
    """Return the help of each flag, with choices, bounds and default.

    Args:
        cls: dataclass of the settings.
        names: of the settings; none means all.
        defaults: those that a task has instead of the dataclass's.
    """
    table = rows(cls)
    return {flag(name)[2:]: _help(table[name], defaults.get(name, table[name].default)) for name in names or table}


def _help(row: Row, default: Any) -> str:
    shown = row.setting.otherwise if default is None else "" if default is False else str(plain(default))
    facts = [
        f"one of {', '.join(map(str, row.setting.choices))}" if row.setting.choices else "",
        row.setting.describe_bounds(),
        f"default: {shown}" if shown else "",
    ]
    facts = [fact for fact in facts if fact]
    return row.setting.help + (f" [{'; '.join(facts)}]" if facts else "")


def with_defaults(texts: dict[str, str], body: Callable[..., Any]) -> dict[str, str]:
    """Return the help of each flag with the default that the signature of a task's body gives it, if it gives one."""
    parameters = {name.replace("_", "-"): row for name, row in inspect.signature(body).parameters.items()}
    defaults = {name: parameters[name].default for name in texts if name in parameters}
    return texts | {
        name: f"{texts[name]} [default: {default}]"
        for name, default in defaults.items()
        if not any(default is absent for absent in (None, False, "", inspect.Parameter.empty))
    }


def takes_flags(cls: type, names: Iterable[str] = ()) -> Callable[[Body], Body]:
    """Give the keyword arguments `**flags` of a task's body a signature: one flag for each setting, None by default.

    The settings come after the body's first parameter and before the others. A setting that is true or false is a
    switch, off by default.
    """

    def decorate(body: Body) -> Body:
        own = inspect.signature(body).parameters.values()
        context, *others = [parameter for parameter in own if parameter.kind is not parameter.VAR_KEYWORD]
        table = rows(cls)
        flags = [
            inspect.Parameter(
                name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False if table[name].kind is bool else None
            )
            for name in names or table
        ]
        setattr(body, "__signature__", inspect.Signature([context, *flags, *others]))  # noqa: B010, unknown to Callable
        return body

    return decorate
