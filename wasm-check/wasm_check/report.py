"""The matrix as files: compat.json, compat.csv and a page for people."""

import csv
import io
from pathlib import Path
from typing import Any

from kakitori.files import write_json, write_text
from kakitori.spec import COMPAT_FILE
from web.compat import render_compat

CSV_FILE = "compat.csv"
SUBJECT_FIELDS = ("model", "name", "backend", "pooling", "precision", "opset", "bytes", "sha256")
CELL_FIELDS = ("status", "argmax_percent", "top5_percent", "odd_argmax_percent", "max_logit_difference",
               "odd_logit_difference", "engine_difference", "inputs", "top1_percent", "expected_top1_percent",
               "load_ms", "first_ms", "p50_ms", "p95_ms", "runs", "memory_mb", "reason", "error")  # fmt: skip


def write_report(result: dict[str, Any], out: Path) -> None:
    """Write compat.json, compat.csv and the page's files into a folder."""
    write_json(out / COMPAT_FILE, result)
    write_text(out / CSV_FILE, make_csv(result))
    for name, text in render_compat(result).items():
        write_text(out / name, text)


def make_csv(result: dict[str, Any]) -> str:
    """Return one line a cell."""
    text = io.StringIO()
    table = csv.DictWriter(text, (*SUBJECT_FIELDS, "column", *CELL_FIELDS), restval="", lineterminator="\n")
    table.writeheader()
    for subject in result["subjects"]:
        about = {name: subject[name] for name in SUBJECT_FIELDS}
        for column, cell in subject["cells"].items():
            table.writerow(about | {"column": column} | {name: cell.get(name, "") for name in CELL_FIELDS})
    return text.getvalue()
