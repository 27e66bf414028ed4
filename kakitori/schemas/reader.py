"""Read a JSON file into a msgspec type."""

from pathlib import Path
from typing import TypeVar

import msgspec

from kakitori.errors import KakitoriError

T = TypeVar("T")


def read_document(
    path: Path, kind: type[T], error: type[KakitoriError] = KakitoriError, mend: str = "restore it, or make it again"
) -> T:
    """Return the JSON file at `path` decoded as `kind`.

    Raises:
        error: if the file is missing, is not JSON, or a field is missing or has another type or range; the sentence
            names the file, the field, what was found and what was expected, and ends with `mend`.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as problem:
        raise error(f"{path} cannot be read ({problem.strerror}): {mend}.") from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise error(f"{path}: {problem}: {mend}.") from problem
