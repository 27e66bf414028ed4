"""The decorator of the tasks in tasks.py."""

import functools
from collections.abc import Callable
from typing import Any

import invoke
from invoke import Exit

from kakitori.errors import KakitoriError
from training.fit.settings import with_defaults

TEST_MODULES = ("playwright", "psutil", "selenium", "sklearn", "xdist")  # what only the extra [test] brings


def clear_errors(body: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a user's mistake into its one sentence and exit status 1."""

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **kwargs)
        except KakitoriError as error:
            raise Exit(str(error), code=1) from None
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in ("training", "export", "web", "wasm_check"):
                raise
            extra = "test" if error.name in TEST_MODULES else "train"
            raise Exit(f'This task needs {error.name}: python -m pip install -e ".[{extra}]"', code=1) from None

    return run


def task(help: dict[str, str], **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator of a task: no short flags, so that -h is help; defaults in the help; errors as sentences."""

    def decorate(body: Callable[..., Any]) -> Any:
        return invoke.task(clear_errors(body), help=with_defaults(help, body), auto_shortflags=False, **options)

    return decorate
