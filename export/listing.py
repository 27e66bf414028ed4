"""The tables of export/backends.py, printed by `invoke export --list`. Needs no torch."""

from rich.console import Console, Group
from rich.table import Table

from export.backends import BACKENDS, PRECISIONS, STRICT_OPERATORS
from kakitori.spec import POOLINGS


def print_listing(console: Console | None = None) -> None:
    """Print the backends, the operators of `strict`, the poolings and the precisions."""
    (console or Console()).print(
        Group(backends_table(), operators_table(), poolings_table(), precisions_table(), *refusals())
    )


def make_table(title: str, headings: list[str], rows: list[list[str]]) -> Table:
    """Return a table of text."""
    table = Table(*headings, title=title, title_justify="left", title_style="bold")
    for row in rows:
        table.add_row(*row)
    return table


def backends_table() -> Table:
    """Return each backend's opset, exporters, poolings (the default one first) and precisions."""
    rows = [
        [row.name, str(row.opset), ", then ".join(row.exporters),
         ", ".join([f"{row.default_pooling} (default)", *(p for p in row.poolings if p != row.default_pooling)]),
         ", ".join(row.precisions)]
        for row in BACKENDS.values()
    ]  # fmt: skip
    return make_table("Backends (--backend)", ["backend", "opset", "exporter", "poolings", "precisions"], rows)


def operators_table() -> Table:
    """Return the published allow-list of `strict`: the operators of every file, and those added by a precision."""
    strict = BACKENDS["strict"]
    rows = [["every file", ", ".join(sorted(STRICT_OPERATORS))]]
    rows += [
        [f"strict.{name} also", ", ".join(sorted(PRECISIONS[name].operators))]
        for name in strict.precisions if PRECISIONS[name].operators
    ]  # fmt: skip
    return make_table(f"Operators of strict (opset {strict.opset}, no others)", ["files", "operators"], rows)


def poolings_table() -> Table:
    """Return each pooling's output and classifier input; C is the number of channels of the last feature map."""
    rows = [
        [name, f"{row.output}x{row.output}", "C" if row.output == 1 else f"{row.output**2}C",
         "at export, in place of the adaptive one" if row.fixed else "`invoke train --pooling`"]
        for name, row in POOLINGS.items()
    ]  # fmt: skip
    return make_table("Poolings (--pooling)", ["pooling", "output", "classifier input", "chosen"], rows)


def precisions_table() -> Table:
    """Return how each precision stores its numbers, and the limits of its difference from PyTorch."""
    rows = [
        [row.name, row.scheme, row.stores,
         "" if row.max_logit_difference is None else f"{row.max_logit_difference:g}", f"{row.max_top1_drop:g}"]
        for row in PRECISIONS.values()
    ]  # fmt: skip
    headings = ["precision", "scheme", "what is stored", "logits off at most", "top-1 points lost at most"]
    return make_table("Precisions (--precision)", headings, rows)


def refusals() -> list[str]:
    """Return a sentence for each precision that a backend does not have."""
    return [f"No {row.name}.{name}: {reason}." for row in BACKENDS.values() for name, reason in row.refused.items()]
