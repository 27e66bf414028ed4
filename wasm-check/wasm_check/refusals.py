"""What engines are known to refuse, loudly: a cell is grey when the engine's own words are those of a row.

A row is not a pass: it tells users not to take that file to that engine. Wrong answers are never excused here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """An engine's words, in part, for files of some precisions, and what lies behind them."""

    engine: str
    precisions: tuple[str, ...]
    words: str
    reason: str


REFUSALS = (
    Refusal("tractjs", ("int8-dynamic",), "Can not broadcast shapes",
            "tractjs 0.4.0 (tract 0.15.2) cannot add a ConvInteger's zero points, and refuses the file: take int8."),
)  # fmt: skip


def known_refusal(engine: str, precision: str, error: str) -> str | None:
    """Return why an engine refuses a file, if the refusal is a known one."""
    for row in REFUSALS:
        if row.engine == engine and precision in row.precisions and row.words in error:
            return row.reason
    return None
