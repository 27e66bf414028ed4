"""The cache folder, and whether files can be created in a folder. Standard library only."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def cache_folder() -> Path:
    """Return the folder of downloads and parsed strokes: $KAKITORI_CACHE, or `kakitori` in the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kakitori"
    return Path(os.environ.get("KAKITORI_CACHE") or default)


def try_folder(folder: Path) -> tuple[str, str]:
    """Return why no file can be created in a folder, and the command that corrects it; two empty texts where one can.

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
    """Return why no file can be created in a folder, and the command that corrects it."""
    blocking = next((path for path in (folder, *folder.parents) if os.path.lexists(path) and not path.is_dir()), None)
    if blocking is None:
        command = "chmod u+rwx" if isinstance(problem, PermissionError) else "df"  # else the disk is full or read-only
        return f"{folder} is not writable ({problem.strerror})", f"{command} {folder}"
    if blocking.is_symlink():
        return f"{blocking} is a link to {os.readlink(blocking)}, which is no folder", f"rm {blocking}"
    return f"{blocking} is a file, expected a folder", f"mv {blocking} {blocking}.old"
