"""Compilation with Numba, cached on disk until the source of any project module that the function uses changes.

Numba compares the source file of the cached function alone. A function that calls another module's function, or reads
its constants, contains both as machine code, so an edit there would leave old machine code in use.
"""

import ast
import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import caching
from numba.core import config as numba_config

config: Any = numba_config  # its attributes are set from the environment, unknown to type checkers
PROJECT = ("kakitori", "training")  # packages whose modules are followed


def compiled(function: Callable[..., Any]) -> Any:
    """Return `function` as `numba.njit(cache=True)` does, with a cache entry that depends on `source_digest`."""
    before, config.CACHE_LOCATOR_CLASSES = config.CACHE_LOCATOR_CLASSES, LOCATORS
    try:
        return njit(cache=True)(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = before


@cache
def source_digest(file: str) -> str:
    """Return the hex SHA-256 of a source file and of all project modules that it imports, at any depth.

    The modules must be loaded. Imports inside functions are not followed: compiled functions cannot use them.
    """
    sources: dict[str, str] = {}
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path not in sources:
            sources[path] = Path(path).read_text(encoding="utf-8")
            modules = (sys.modules.get(name) for name in imported_names(sources[path]))
            waiting += [module.__file__ for module in modules if module and module.__file__]
    return hashlib.sha256("\0".join(sorted(sources.values())).encode()).hexdigest()


def imported_names(source: str) -> list[str]:
    """Return the project's names that the top level of a module's source imports: modules, and what is in them."""
    nodes = ast.parse(source).body
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.split(".")[0] in PROJECT]


class _DependencyStamp(caching._CacheLocator):
    """Replaces the stamp of Numba's cache locators, the digest of one file, by `source_digest`."""

    _py_file: str  # set by Numba

    def get_source_stamp(self) -> str:
        return source_digest(self._py_file)


class GivenFolder(_DependencyStamp, caching.UserProvidedCacheLocator):
    """The folder that NUMBA_CACHE_DIR names."""


class SourceFolder(_DependencyStamp, caching.InTreeCacheLocator):
    """`__pycache__` beside the source."""


class UserFolder(_DependencyStamp, caching.UserWideCacheLocator):
    """The user's cache folder, where the source cannot be written beside."""


# The value that Numba documents for NUMBA_CACHE_LOCATOR_CLASSES: the first that can be used is used.
LOCATORS = ",".join(f"{__name__}.{locator.__name__}" for locator in (GivenFolder, SourceFolder, UserFolder))
