"""The errors that a user can cause, and the sentence for a wrong choice. Standard library only.

KakitoriError           tasks.py prints its sentence and exits with status 1, without a traceback
├── ModelError          a model directory, its config or its weights
├── DataError           a data set, a stroke file, a picture, or an argument
│   └── NoInkError      strokes or a picture without ink
├── EngineError         an ONNX file that ONNX Runtime does not run, or that answers with NaN
└── export.errors.ExportError, web.errors.SiteError ...   one small tree per stage
"""

from collections.abc import Iterable


class KakitoriError(Exception):
    """An error that the user can correct. `str()` is one sentence: what was found, what was expected, what to do."""


class ModelError(KakitoriError):
    """A model directory that cannot be used: missing, incomplete, damaged, or inconsistent."""


class DataError(KakitoriError):
    """A data set, stroke file, picture or argument that cannot be used."""


class NoInkError(DataError):
    """Strokes without points, or a picture that shows no ink."""


class EngineError(KakitoriError):
    """An ONNX file that ONNX Runtime does not run, or a network that answers with NaN or infinity."""


def check_choice(kind: str, value: str, legal: Iterable[str]) -> str:
    """Return `value` if it is one of `legal`.

    Raises:
        KakitoriError: otherwise, listing the legal values.
    """
    choices = list(legal)
    if value not in choices:
        raise KakitoriError(f"Unknown {kind} {value!r}: choose one of {', '.join(choices)}.")
    return value
