"""Reading and writing JSON documents by their msgspec types. A wrong file gives one sentence."""

import re
import stat
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from kakitori.errors import KakitoriError
from kakitori.files import write_json

T = TypeVar("T")
UNREADABLE = object()  # in place of a document that is no JSON after its first wrong field
MEND = "restore it, or make it again"
MOST_BYTES = 64_000_000  # of a document; the largest of this project has 1 MB
# What msgspec appends to a message: the place as `$.files[0].bytes`, or `key in $.files` for a key.
PLACE = re.compile(r" - at `(?:key in )?\$(.*)`$")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
SHOWN = 60  # characters of a found value in a message


def read_document(path: Path, kind: type[T], error: type[KakitoriError] = KakitoriError, mend: str = MEND) -> T:
    """Return the JSON document in `path` as an instance of `kind`.

    Args:
        path: the file.
        kind: a msgspec.Struct, a dataclass, or a container of them.
        error: what is raised.
        mend: what the user can do, without a final stop.

    Raises:
        error: if the file is missing, is larger than MOST_BYTES, is not JSON, or does not fit; the sentence names the
            file, the field, what was found and what was expected.
    """
    content = _read(path, error, mend)
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as problem:
        raise error(f"{path}, {_describe(problem, _decoded(content))}: {mend}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise error(f"{path} is not valid JSON ({problem}): {mend}.") from problem
    except RecursionError:
        raise error(f"{path} nests its values too deeply, expected at most some hundred levels: {mend}.") from None


def write_document(
    path: Path, value: Any, kind: type[Any] | None = None, error: type[KakitoriError] = KakitoriError
) -> None:
    """Write a msgspec.Struct, a dataclass or plain values as indented UTF-8 JSON, whole.

    Args:
        path: the file.
        value: what is written.
        kind: the type that the values must fit; None is the type of `value`.
        error: what is raised.

    Raises:
        error: if the value does not fit; the sentence is that of `read_document`, and nothing is written.
    """
    document = check_document(path, value, kind or type(value), error)
    try:
        write_json(path, document)
    except ValueError as problem:
        raise error(f"{path} cannot be written: a value in it is not a finite number, which JSON lacks.") from problem


def check_document(path: Path, value: Any, kind: type[Any], error: type[KakitoriError] = KakitoriError) -> Any:
    """Return a msgspec.Struct, a dataclass or plain values as plain values, checked to fit `kind`.

    Args:
        path: the file that they are for, named in the message.
        value: what is checked.
        kind: the type that the values must fit.
        error: what is raised.

    Raises:
        error: if the value does not fit.
    """
    document = msgspec.to_builtins(value, enc_hook=_plain)
    try:
        msgspec.convert(document, kind)
    except msgspec.ValidationError as problem:
        raise error(f"{path} cannot be written, {_describe(problem, document)}.") from None
    return document


def _plain(value: Any) -> Any:
    """Return the plain value of an instance of a subclass of str, int or float, such as NumPy's float64."""
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"JSON has no value for {type(value).__name__}.")


def strict_struct(kind: type[Any], optional: tuple[str, ...] = (), **more: Any) -> type[msgspec.Struct]:
    """Return a msgspec.Struct with the fields of a dataclass: all required, and no others accepted.

    Args:
        kind: the dataclass; its defaults are for callers in Python, and do not hold in a file.
        optional: the fields that may be missing in a file; they get their defaults.
        more: types of further fields, or of fields whose type in the file is another one.
    """
    types = get_type_hints(kind, include_extras=True) | more
    defaults = {f.name: f.default for f in fields(kind) if f.name in optional and f.default is not MISSING}
    rows = [(name, hint, defaults[name]) if name in defaults else (name, hint) for name, hint in types.items()]
    return msgspec.defstruct(kind.__name__, rows, frozen=True, kw_only=True, forbid_unknown_fields=True)


def _read(path: Path, error: type[KakitoriError], mend: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise error(f"{path} is not a regular file: {mend}.")
        if status.st_size > MOST_BYTES:
            raise error(f"{path} has {status.st_size:,} bytes, expected at most {MOST_BYTES:,}: {mend}.")
        return path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path} does not exist: {mend}.") from None
    except OSError as problem:
        raise error(f"{path} cannot be read ({problem.strerror}): {mend}.") from problem


def _decoded(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return UNREADABLE


def _describe(problem: msgspec.ValidationError, document: Any) -> str:
    """Return "field files[0].bytes: expected `int`, found 'many'" of msgspec's message about a document."""
    message = str(problem)
    place = PLACE.search(message)
    expected = re.sub(r", got `.*`$", "", PLACE.sub("", message))
    expected = expected[0].lower() + expected[1:]
    steps = place[1] if place else ""
    where = f"field {steps.lstrip('.')}" if steps else "document"
    # An entry of a mapping has no name in the message; a missing or unknown field has no value to show.
    if document is UNREADABLE or "[...]" in steps or re.search("missing required field|unknown field", expected):
        return f"{where}: {expected}"
    return f"{where}: {expected}, found {_found(document, steps)}"


def _found(value: Any, place: str) -> str:
    for name, index in STEP.findall(place):
        value = value[int(index)] if index else value[name]
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
