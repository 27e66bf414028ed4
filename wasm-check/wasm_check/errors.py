"""The errors of the matrix, and engines' messages in one line. Standard library only."""

import re

from kakitori.errors import KakitoriError

LONGEST = 400  # characters of an engine's message
BACKTRACE = re.compile(r"\n\s*(?:stack backtrace:|\d+: )", re.IGNORECASE)  # where a Rust error's list of calls begins


class CompatError(KakitoriError):
    """A file, input set or engine that the matrix cannot be run with."""


class Unavailable(Exception):
    """An engine that this machine does not have; `str()` says what is missing and how to get it. Its cells are grey."""


def one_line(message: str) -> str:
    """Return an engine's message without its backtrace, in one line of at most LONGEST characters."""
    words = " ".join(BACKTRACE.split(message, maxsplit=1)[0].split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
