"""Whole files or none: write under a temporary name, rename on success. Standard library only."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
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
    """Write indented UTF-8 JSON with a final newline, whole."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path, error: type[KakitoriError] = KakitoriError) -> Any:
    """Return the parsed JSON of `path`.

    Raises:
        error: if the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{path} does not exist.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise error(f"{path} is not valid JSON ({problem}): restore it or make it again.") from problem


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Return the folder of downloads and parsed strokes: $KAKITORI_CACHE, or `kakitori` in the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kakitori"
    return Path(os.environ.get("KAKITORI_CACHE") or default)


def try_folder(folder: Path) -> tuple[str, str]:
    """Return why no file can be created in a folder, and the command that mends it; two empty texts where one can.

    A file is created and deleted again, and so is the folder if it does not exist.
    """
    created = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, prefix=".try-"):
            return "", ""
    except OSError as problem:
        return explain_unwritable(folder, problem)
    finally:
        for path in created:
            with suppress(OSError):  # another process may have put a file there
                path.rmdir()


def explain_unwritable(folder: Path, problem: OSError) -> tuple[str, str]:
    """Return why no file can be created in a folder, and the command that mends it."""
    blocking = next((path for path in (folder, *folder.parents) if os.path.lexists(path) and not path.is_dir()), None)
    if blocking is None:
        command = "chmod u+rwx" if isinstance(problem, PermissionError) else "df"  # else the disk is full or read-only
        return f"{folder} is not writable ({problem.strerror})", f"{command} {folder}"
    if blocking.is_symlink():
        return f"{blocking} is a link to {os.readlink(blocking)}, which is no folder", f"rm {blocking}"
    return f"{blocking} is a file, expected a folder", f"mv {blocking} {blocking}.old"
