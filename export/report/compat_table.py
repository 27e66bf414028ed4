"""The README's summary of compat.json, the results of every file in every engine."""

from typing import Any

from export.report.tables import markdown_table

STATUSES = ("green", "red", "grey")
SHOWN = "strict.int8"  # the file that the page runs, whose times are shown


def compat_table(result: dict[str, Any] | None) -> str:
    """Return, engine by engine, how many files give PyTorch's answers, and the setting."""
    if not result:
        return "Not measured yet: `invoke compat`."
    headings = ["engine", "version", *STATUSES, "fp32: same answer", "fp32: max logit difference",
                f"{SHOWN}: same answer", f"{SHOWN}: load / first / warm"]  # fmt: skip
    return markdown_table(headings, compat_rows(result), 2) + "\n\n" + compat_setting(result)


def compat_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a row for each engine: version, cells by status, agreement and difference of fp32, times of SHOWN."""
    rows = []
    for column in result["columns"]:
        cells = {
            (subject["model"], subject["name"]): subject["cells"][column["name"]] for subject in result["subjects"]
        }
        counts = [str(sum(cell["status"] == status for cell in cells.values())) for status in STATUSES]
        floats = [cell for (_, name), cell in cells.items() if name.endswith("fp32") and "p50_ms" in cell]
        model = result["subjects"][0]["model"]
        shown = cells.get((model, SHOWN), {})
        rows.append([
            column["label"], column["version"], *counts,
            f"{min(cell['argmax_percent'] for cell in floats):.1f} %" if floats else "",
            f"{max(cell['max_logit_difference'] for cell in floats):g}" if floats else "",
            f"{shown['argmax_percent']:.1f} %" if "p50_ms" in shown else "",
            f"{shown['load_ms']:.0f} / {shown['first_ms']:.0f} / {shown['p50_ms']:.1f} ms" if "p50_ms" in shown else "",
        ])  # fmt: skip
    return rows


def compat_setting(result: dict[str, Any]) -> str:
    """Return the sentence that says what was measured, how and where."""
    s = result["setting"]
    inputs = s["inputs"][0]
    return (
        f"Measured by `invoke compat`: {len(result['subjects'])} files; same answers as {inputs['expected']} on "
        f"{inputs['ordinary']} characters, for fp32 also on {inputs['odd']} unusual inputs; times of {SHOWN}: loading "
        f"(in a browser with the engine's start), first run and median warm run; {s['processor']}, {s['system']}, "
        f"{s['date']}."
    )
