"""What can go wrong in the matrix. Standard library only."""

from kakitori.errors import KakitoriError


class CompatError(KakitoriError):
    """A file, input set or engine that the matrix cannot be run with."""


class Unavailable(Exception):
    """An engine that this machine does not have; `str()` says what is missing and how to get it. Its cells are grey."""
