"""Whole files or none: write under a temporary name, rename on success. Standard library only."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kakitori.errors import KakitoriError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, delete it on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends, whole."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write indented UTF-8 JSON with a final newline, whole.

    Raises:
        ValueError: for NaN or an infinite number, which JSON lacks.
    """
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path, error: type[KakitoriError] = KakitoriError) -> Any:
    """Return the parsed JSON of `path`.

    Raises:
        error: if the file is missing, cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path} does not exist.") from None
    except OSError as problem:
        raise error(f"{path} cannot be read ({problem.strerror}): restore it or make it again.") from problem
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise error(f"{path} is not valid JSON ({problem}): restore it or make it again.") from problem


def inside(folder: Path, name: str, error: type[KakitoriError] = KakitoriError) -> Path:
    """Return the path of a file in a folder, whether it exists or not.

    Args:
        folder: the folder.
        name: a relative name, with `/` between its parts.
        error: what is raised.

    Raises:
        error: if the name, or a link that it goes through, leads out of the folder.
    """
    path = folder / name
    if Path(name).is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
        raise error(f"{str(path)!r} leads out of {str(folder)!r}, expected a file in it: use a copy of the file.")
    return path


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_special(path: str | os.PathLike[str]) -> bool:
    """Return whether a path exists and is no regular file, but a folder, a pipe or a device that may never end."""
    return os.path.exists(path) and not os.path.isfile(path)
