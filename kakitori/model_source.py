"""Where a model comes from: the default model, a directory, or the Hugging Face Hub."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kakitori.errors import ModelError
from kakitori.files import inside
from kakitori.model_directory import default_model
from kakitori.spec import CONFIG_FILE, MANIFEST_FILE, MAPPING_FILE, ONNX_FOLDER

Source = str | os.PathLike[str]
EXPECTED = "expected a directory, or the id owner/name of a model on the Hugging Face Hub"
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
VARIANT = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)  # a file's name, and no pattern or path


@contextmanager
def model_folder(source: Source | None, variant: str, revision: str | None = None) -> Iterator[Path]:
    """Yield the directory that has the files of a model; that of a model on the Hub exists only inside the context.

    Args:
        source: a directory; or an id `owner/name` on the Hugging Face Hub, unless there is a directory of that name;
            None: the default model.
        variant: of a model on the Hub, the variant whose file is fetched.
        revision: of a model on the Hub, a branch, tag or commit; None: its main branch.

    Raises:
        ModelError: if there is no such directory or model.
    """
    if revision is not None and not _is_hub_id(source):
        raise ModelError(f"Revision {revision!r} does not go with the model {source!r}: only models on the Hugging "
                         "Face Hub have revisions.")  # fmt: skip
    if source is None:
        yield default_model()
    elif not isinstance(source, str | os.PathLike) or not os.fspath(source):
        raise ModelError(f"The model is {source!r}: {EXPECTED}.")
    elif _is_hub_id(source):
        with TemporaryDirectory(prefix="kakitori-") as folder:
            yield _fetch(str(source), variant, revision, Path(folder))
    elif os.path.isdir(source):
        yield Path(source)
    else:
        raise ModelError(f"There is no model directory {os.fspath(source)!r}: {EXPECTED}.")


def _is_hub_id(source: object) -> bool:
    return isinstance(source, str) and bool(HUB_ID.fullmatch(source)) and not os.path.exists(source)


def _fetch(model_id: str, variant: str, revision: str | None, folder: Path) -> Path:
    """Return a directory below `folder` with copies of a model's files on the Hub, from its cache where possible.

    They are copies because the Hub's cache holds links that lead out of the model's directory, which
    `kakitori.model_directory` refuses.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise ModelError(
            f"There is no model directory {model_id!r}; if it is a model on the Hugging Face Hub, install the library "
            'that fetches it: python -m pip install "kakitori[hub]"'
        ) from None
    names = [CONFIG_FILE, MAPPING_FILE, MANIFEST_FILE]
    names += [f"{ONNX_FOLDER}/{variant}.onnx"] if VARIANT.fullmatch(variant) else []
    try:
        snapshot = Path(snapshot_download(model_id, revision=revision, allow_patterns=names))
    except Exception as problem:  # the errors of the HTTP library below differ between versions of huggingface_hub
        reason = str(problem).strip().partition("\n")[0].rstrip(". ") or type(problem).__name__
        raise ModelError(
            f"There is no model directory {model_id!r}, and the Hugging Face Hub does not give the model ({reason})."
        ) from problem
    copy = inside(folder, model_id, ModelError)
    (copy / ONNX_FOLDER).mkdir(parents=True)
    for name in names:
        if (snapshot / name).is_file():
            shutil.copyfile(snapshot / name, copy / name)
    return copy
