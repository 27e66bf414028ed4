"""Run a plan in every column and judge each cell."""

import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from export.report.bench import processor_name
from wasm_check.engines import Column
from wasm_check.judge import GREEN, GREY, RED, REFERENCE_ENGINE, compare, verdict
from wasm_check.partial import Partial
from wasm_check.plan import Plan
from wasm_check.refusals import known_refusal
from wasm_check.runner import run_column
from wasm_check.subjects import Subject

Cell = dict[str, Any]
Cells = dict[str, Cell]  # by subject's key
Tick = Callable[[str], None]  # told what has just been done
MARKS = {GREEN: "[green]green[/]", RED: "[red]RED[/]", GREY: "grey"}


def run_matrix(
    plan: Plan, columns: list[Column], seconds: float, console: Console, partial: Partial | None = None
) -> dict[str, Any]:
    """Run every column, one after the other (two at a time would spoil each other's times); return plain values.

    They are `setting`, `columns`, `subjects` with their `cells` by column, and `refused`.

    Args:
        seconds: the time limit of one subject in one engine.
        partial: where columns are kept in case the run is interrupted, and taken from if one was.
    """
    progress = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                        console=console, transient=True)  # fmt: skip
    native: dict[str, np.ndarray] = {}
    runs = []
    with progress:
        task = progress.add_task("", total=len(columns) * len(plan.subjects))
        for column in columns:
            run = ColumnRun(plan, column, native, lambda text: progress.update(task, advance=1, description=text))
            kept = partial.load(column) if partial else None
            if kept:
                run.restore(kept)
            else:
                run_column(column, run.leave_out(), plan.suites, run, seconds * column.engine.slow)
            if partial:
                partial.save(column, run.state())
            report_column(run, console, "kept from the interrupted run" if kept else "")
            runs.append(run)
    subjects = [
        {"name": subject.name, **subject.facts, "cells": {run.column.name: run.cells[subject.key] for run in runs}}
        for subject in plan.subjects
    ]
    inputs = [
        {"name": suite.name, "ordinary": suite.common, "odd": len(suite.inputs) - suite.common,
         "expected": suite.source} for suite in plan.suites
    ]  # fmt: skip
    setting = machine() | {"inputs": inputs}
    return {"setting": setting, "columns": [run.facts() for run in runs], "subjects": subjects, "refused": plan.refused}


class ColumnRun:
    """One column's cells as they come; listens to the runner."""

    def __init__(self, plan: Plan, column: Column, native: dict[str, np.ndarray], tick: Tick) -> None:
        self.column, self.cells, self.about = column, Cells(), dict[str, Any]()
        self._subjects = {subject.key: subject for subject in plan.subjects}
        self._suites = {suite.name: suite for suite in plan.suites}
        self._native = native  # ONNX Runtime's answers by subject's key, which the other columns are compared with
        self._tick = tick

    def leave_out(self) -> list[Subject]:
        """Make grey what this engine is not run with; return what it is."""
        engine = self.column.engine
        chosen = []
        for subject in self._subjects.values():
            if all(subject.facts[fact] in values for fact, values in engine.only.items()):
                chosen.append(subject)
            else:
                kept = "; ".join(f"{fact} {', '.join(filter(None, values))}" for fact, values in engine.only.items())
                reason = f"Not run: {engine.label} takes minutes a file here, so it is run with {kept} only."
                self._put(subject.key, {"status": GREY, "reason": reason})
        return chosen

    def engine(self, facts: dict[str, Any]) -> None:
        """Take the facts of the engine."""
        self.about = facts

    def unavailable(self, reason: str) -> None:
        """Make the whole column grey."""
        for key in self._subjects.keys() - self.cells.keys():
            self._put(key, {"status": GREY, "reason": reason})

    def start(self, key: str) -> None:
        """Nothing: the bar tells of what is done."""

    def done(self, key: str, result: dict[str, Any]) -> None:
        """Judge a subject's result."""
        self._put(key, self._judge(self._subjects[key], result))

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes."""
        return {"cells": self.cells, "about": self.about}

    def restore(self, state: dict[str, Any]) -> None:
        """Take the cells that an interrupted run had."""
        self.about = state["about"]
        for key, cell in state["cells"].items():
            self._put(key, cell)

    def _put(self, key: str, cell: Cell) -> None:
        self.cells[key] = cell
        self._tick(f"{self.column.name} {key}")

    def _judge(self, subject: Subject, result: dict[str, Any]) -> Cell:
        if "error" in result:
            known = known_refusal(self.column.engine.name, subject.precision, result["error"])
            return {"status": GREY if known else RED, "reason": known or result["error"], "error": result["error"]}
        logits = np.load(result["logits"])
        if self.column.engine.name == REFERENCE_ENGINE:
            self._native[subject.key] = logits
        facts = compare(logits, self._suites[subject.suite], self._native.get(subject.key))
        status, reason = verdict(facts, subject.precision)
        return {"status": status, "reason": reason, **facts, **times(result)}

    def facts(self) -> dict[str, Any]:
        """Return what the report tells of the column."""
        column = self.column
        version = ", ".join(self.about[name] for name in ("version", "adapter") if name in self.about)
        return {"name": column.name, "engine": column.engine.name, "browser": column.browser, "label": column.label,
                "version": version, "user_agent": self.about.get("userAgent", "")}  # fmt: skip


def report_column(run: ColumnRun, console: Console, note: str) -> None:
    """Print how many cells have which colour, and why the red ones are red."""
    counts = {status: sum(cell["status"] == status for cell in run.cells.values()) for status in MARKS}
    parts = [f"{counts[status]} {mark}" for status, mark in MARKS.items()] + [note] * bool(note)
    console.print(f"{run.column.label}: {', '.join(parts)}")
    for key, cell in run.cells.items():
        if cell["status"] == RED:
            console.print(f"  {key}: {cell['reason']}", style="red", markup=False)
        elif "top1_percent" in cell:
            console.print(f"  {key}: top-1 {cell['top1_percent']} %, expected {cell['expected_top1_percent']} %")


def times(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result's times in milliseconds and memory in megabytes, rounded as clocks allow."""
    p50, p95 = np.percentile(result["samples_ms"], [50, 95])
    facts = {"load_ms": result["load_ms"], "first_ms": result["first_ms"], "p50_ms": float(p50), "p95_ms": float(p95)}
    memory = result.get("memory_mb")
    return {name: round(value, 2) for name, value in facts.items()} | {
        "runs": result["runs"],
        "memory_mb": None if memory is None else round(memory, 1),
    }


def machine() -> dict[str, Any]:
    """Return where and when it was measured."""
    return {"processor": processor_name(), "system": platform.platform(terse=True), "python": platform.python_version(),
            "date": time.strftime("%Y-%m-%d")}  # fmt: skip
