"""Reading and writing JSON documents by their msgspec types. A wrong file gives one sentence."""

import json
import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kakitori.errors import KakitoriError
from kakitori.files import write_json

T = TypeVar("T")
MEND = "restore it, or make it again"
# What msgspec appends to a message: the place as `$.files[0].bytes`, or `key in $.files` for a key.
PLACE = re.compile(r" - at `(?:key in )?\$(.*)`$")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
SHOWN = 60  # characters of a found value in a message


def read_document(path: Path, kind: type[T], error: type[KakitoriError] = KakitoriError, mend: str = MEND) -> T:
    """Return the JSON document in `path` as an instance of `kind`.

    Args:
        path: the file.
        kind: a msgspec.Struct, a dataclass, or a container of them.
        error: what is raised.
        mend: what the user can do, without a final stop.

    Raises:
        error: if the file is missing, is not JSON, or does not fit; the sentence names the file, the field, what was
            found and what was expected.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path} does not exist: {mend}.") from None
    except OSError as problem:
        raise error(f"{path} cannot be read ({problem.strerror}): {mend}.") from problem
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as problem:
        raise error(f"{path}, {_describe(problem, content)}: {mend}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise error(f"{path} is not valid JSON ({problem}): {mend}.") from problem


def write_document(path: Path, value: Any) -> None:
    """Write a msgspec.Struct or dataclass as indented UTF-8 JSON, whole."""
    write_json(path, msgspec.to_builtins(value))


def _describe(problem: msgspec.ValidationError, content: bytes) -> str:
    """Return "field files[0].bytes: expected `int`, found 'many'" of msgspec's message."""
    message = str(problem)
    place = PLACE.search(message)
    expected = PLACE.sub("", message)
    expected = re.sub(r", got `.*`$", "", expected)
    expected = expected[0].lower() + expected[1:]
    steps = place[1] if place else ""
    where = f"field {steps.lstrip('.')}" if steps else "document"
    if "[...]" in steps or "missing required field" in expected:  # an entry of a mapping, or no value to show
        return f"{where}: {expected}"
    return f"{where}: {expected}, found {_found(json.loads(content), steps)}"


def _found(value: Any, place: str) -> str:
    for name, index in STEP.findall(place):
        value = value[int(index)] if index else value[name]
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
