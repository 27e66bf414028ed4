"""The flags of `invoke data`: help, type, default, and the sources that take each. Does not import NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kakitori.charset import CHARSETS
from kakitori.errors import KakitoriError, check_choice
from kakitori.schemas.config import SIZES
from kakitori.spec import GENERATED, INK_CHARSETS, ModelSpec

# Groups of sources that take the same flags. FILES are all sources that have no group of their own.
INK, ETL, FONTS, DIGITS, FILES = "ink", "etl", "fonts", "digits", "a set read from files"
INSPECT = "--inspect"  # takes flags as a source does
SOURCE_GROUPS = (INK, ETL, FONTS, DIGITS, FILES)


@dataclass(frozen=True)
class Flag:
    """A flag, and the groups of sources that take it."""

    help: str
    taken_by: tuple[str, ...]
    kind: type = str
    default: Any = None
    choices: tuple[Any, ...] = ()
    least: int | None = None  # of a number


FLAGS = {
    "source": Flag("What to prepare: ink (drawn from KanjiVG's strokes), fonts, etl, or a set in docs/data.md.",
                   SOURCE_GROUPS, default=INK),
    "from": Flag("Folder that holds the set's files, or your own fonts.", (ETL, FONTS, FILES), Path),
    "etl-dir": Flag("Another name of --from, for ETL files.", (ETL,), Path),
    "dataset": Flag("The set to make of ETL files: etl9g, etl8g or etl-all. [default: the smallest that all files "
                    "belong to]", (ETL,)),
    "split": Flag("How ETL images are divided: writers; or random-leaking, with writers in several splits.", (ETL,),
                  default="writers"),
    "workers": Flag("Processes that prepare ETL files or fonts.", (ETL, FONTS), int, 1, least=1),
    "skip-bad": Flag("Leave broken images out, count and list them, instead of stopping at the first.", (ETL, FILES),
                     bool, False),
    "charset": Flag("Characters to draw as ink, or in each font.", (INK, FONTS), str, INK_CHARSETS[GENERATED],
                    tuple(CHARSETS)),
    "size": Flag("Image side in pixels.", (*SOURCE_GROUPS, INSPECT), int, ModelSpec.size, SIZES),
    "strokes": Flag("Stroke file; its handwriting comes first in each row of the contact sheet.", (INK,), Path),
    "sheet": Flag("File to write the contact sheet of ink to.", (INK,), Path, Path("runs/ink_sheet.png")),
    "inspect": Flag("Prepare nothing: report figures of a prepared set and write pictures of it (without a name, of "
                    "all).", (INSPECT,)),
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """The settings of a preparation; each source uses those that FLAGS gives it."""

    size: int = FLAGS["size"].default
    folder: Path | None = None  # of the set's files
    skip_bad: bool = FLAGS["skip-bad"].default
    sheet: Path | None = None
    strokes: Path | None = None
    dataset: str | None = None
    split: str = FLAGS["split"].default
    workers: int = FLAGS["workers"].default
    charset: str = FLAGS["charset"].default


def flag_help() -> dict[str, str]:
    """Return the help of each flag, with its default."""
    return {
        name: flag.help if flag.default in (None, False) else f"{flag.help} [default: {flag.default}]"
        for name, flag in FLAGS.items()
    }


def read_flags(given: Mapping[str, Any]) -> tuple[str, Options]:
    """Return the source and the options that the flags of a command line stand for.

    Args:
        given: values by flag name; None and False stand for flags that are not given.

    Raises:
        KakitoriError: for a flag that does not apply to the source, or a value of another type or range.
    """
    given = {name: value for name, value in given.items() if value is not None and value is not False}
    source = given.get("source", FLAGS["source"].default)
    group = INSPECT if "inspect" in given else group_of(source)
    for name in given:
        check_applies(name, group, source)
    if {"from", "etl-dir"} <= given.keys():
        raise KakitoriError("--from and --etl-dir both name the folder of the ETL files, expected one: leave one out.")
    values = {name: convert(name, given[name]) if name in given else flag.default
              for name, flag in FLAGS.items() if group in flag.taken_by}  # fmt: skip
    values["folder"] = values.pop("etl-dir", None) or values.pop("from", None)
    fields = {name.replace("-", "_"): value for name, value in values.items()}
    return source, Options(**{name: fields[name] for name in Options.__dataclass_fields__ if name in fields})


def group_of(source: str) -> str:
    """Return the group of a source."""
    return source if source in SOURCE_GROUPS else FILES


def check_applies(name: str, group: str, source: str) -> None:
    """Raise KakitoriError unless the group takes the flag."""
    takers = FLAGS[name].taken_by
    if group not in takers:
        used = INSPECT if group == INSPECT else f"--source {source}"
        where = takers[0] if len(takers) == 1 else f"{', '.join(takers[:-1])} or {takers[-1]}"
        raise KakitoriError(f"--{name} does not apply to {used}, only to --source {where}: leave it out.")


def convert(name: str, value: Any) -> Any:
    """Return a flag's value in its type.

    Raises:
        KakitoriError: for text that is no number, a number out of range, or a value that is not one of the choices.
    """
    flag = FLAGS[name]
    if flag.kind is int:
        try:
            value = int(value)
        except ValueError:
            raise KakitoriError(f"--{name} {value!r} is not a whole number.") from None
        if flag.choices and value not in flag.choices:
            raise KakitoriError(f"--{name} {value} is not one of {', '.join(map(str, flag.choices))}.")
        if flag.least is not None and value < flag.least:
            raise KakitoriError(f"--{name} {value} is too small, expected {flag.least} or more.")
        return value
    if flag.choices:
        check_choice(name, value, flag.choices)
    return flag.kind(value)
