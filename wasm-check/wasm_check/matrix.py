"""Run a plan in every column and judge each cell."""

import platform
import time
from typing import Any

import msgspec
import numpy as np
from rich.console import Console

from export.report.bench import processor_name
from kakitori.schemas.compat import GREEN, GREY, RED, Cell, InputSet, Matrix, MatrixColumn, MatrixSubject, Setting
from training.progress.display import Bar
from wasm_check.engines import Column
from wasm_check.errors import one_line
from wasm_check.job import Subject
from wasm_check.judge import REFERENCE_ENGINE, judge
from wasm_check.plan import Plan
from wasm_check.refusals import known_refusal
from wasm_check.report import KeptColumn, Partial
from wasm_check.runner import run_column

MARKS = {GREEN: "[green]green[/]", RED: "[red]RED[/]", GREY: "grey"}


def run_matrix(
    plan: Plan, columns: list[Column], seconds: float, console: Console, partial: Partial | None = None
) -> Matrix:
    """Run every column and return the matrix. One at a time, so that columns do not disturb each other's times.

    Args:
        seconds: the time limit of one subject in one engine.
        partial: where finished columns are kept, and taken from if an earlier run was interrupted.
    """
    native: dict[str, np.ndarray] = {}
    runs = []
    with Bar("Running cells", len(columns) * len(plan.subjects), "cells", console=console) as bar:
        for column in columns:
            run = ColumnRun(plan, column, native, bar)
            kept = partial.load(column) if partial else None
            if kept:
                run.restore(kept)
            else:
                run_column(column, run.leave_out(), plan.suites, run, seconds * column.engine.slow)
            if partial:
                partial.save(column, KeptColumn(run.cells, run.about))
            report_column(run, console, "kept from the interrupted run" if kept else "")
            runs.append(run)
    subjects = [
        MatrixSubject(
            name=subject.name, **vars(subject.facts), cells={run.column.name: run.cells[subject.key] for run in runs}
        )
        for subject in plan.subjects
    ]
    return Matrix(
        setting=measure_setting(plan), columns=[run.describe() for run in runs], subjects=subjects, refused=plan.refused
    )


class ColumnRun:
    """The cells of one column, filled by the runner's events."""

    def __init__(self, plan: Plan, column: Column, native: dict[str, np.ndarray], bar: Bar) -> None:
        self.column = column
        self.cells: dict[str, Cell] = {}  # by subject's key
        self.about: dict[str, Any] = {}  # the engine's facts
        self._subjects = {subject.key: subject for subject in plan.subjects}
        self._suites = {suite.name: suite for suite in plan.suites}
        self._native = native  # ONNX Runtime's logits by subject's key, with which the other columns are compared
        self._bar = bar

    def leave_out(self) -> list[Subject]:
        """Make the cells of subjects that this engine is not run with grey; return the other subjects."""
        engine = self.column.engine
        chosen = []
        for subject in self._subjects.values():
            if all(getattr(subject.facts, fact) in values for fact, values in engine.only.items()):
                chosen.append(subject)
            else:
                kept = "; ".join(f"{fact} {', '.join(filter(None, values))}" for fact, values in engine.only.items())
                reason = f"Not run: {engine.label} takes minutes a file here, so it is run with {kept} only."
                self._put(subject.key, Cell(status=GREY, reason=reason), took_time=False)
        return chosen

    def engine(self, facts: dict[str, Any]) -> None:
        """Store the facts of the engine."""
        self.about = facts

    def unavailable(self, reason: str) -> None:
        """Make every cell grey that has no result."""
        for key in self._subjects.keys() - self.cells.keys():
            self._put(key, Cell(status=GREY, reason=one_line(reason)), took_time=False)

    def start(self, key: str) -> None:
        """Name the subject in the progress bar, which counts finished subjects."""
        self._bar.facts = f"{self.column.name} {key}"

    def done(self, key: str, result: dict[str, Any]) -> None:
        """Judge a subject's result."""
        self._put(key, self._judge(self._subjects[key], result))

    def restore(self, kept: KeptColumn) -> None:
        """Take the cells of an interrupted run."""
        self.about = kept.about
        for key, cell in kept.cells.items():
            self._put(key, cell, took_time=False)

    def _put(self, key: str, cell: Cell, took_time: bool = True) -> None:
        self.cells[key] = cell
        if took_time:
            self._bar.advance()
        else:
            self._bar.skip(1)

    def _judge(self, subject: Subject, result: dict[str, Any]) -> Cell:
        engine = self.column.engine
        if "error" in result:
            name = self.about.get("version", engine.label)
            known = known_refusal(engine.name, name, subject.facts.precision, result["error"])
            error = one_line(result["error"])
            return Cell(status=GREY if known else RED, reason=known or error, error=error)
        logits = np.load(result["logits"])
        if engine.name == REFERENCE_ENGINE:
            self._native[subject.key] = logits
        cell = judge(logits, self._suites[subject.suite], self._native.get(subject.key), subject.facts.precision)
        return msgspec.structs.replace(cell, **times(result))

    def describe(self) -> MatrixColumn:
        """Return the column's row of the report."""
        column = self.column
        version = ", ".join(self.about[name] for name in ("version", "adapter") if name in self.about)
        return MatrixColumn(
            name=column.name, engine=column.engine.name, browser=column.browser, label=column.label, version=version,
            user_agent=self.about.get("userAgent", ""),
        )  # fmt: skip


def report_column(run: ColumnRun, console: Console, note: str) -> None:
    """Print the number of cells by status, the reasons of red cells, and accuracy where it was measured."""
    counts = {status: sum(cell.status == status for cell in run.cells.values()) for status in MARKS}
    parts = [f"{counts[status]} {mark}" for status, mark in MARKS.items()] + [note] * bool(note)
    console.print(f"{run.column.label}: {', '.join(parts)}")
    for key, cell in run.cells.items():
        if cell.status == RED:
            console.print(f"  {key}: {cell.reason}", style="red", markup=False, emoji=False)
        elif cell.top1_percent is not None:
            text = f"  {key}: top-1 {cell.top1_percent} %, expected {cell.expected_top1_percent} %"
            console.print(text, markup=False, emoji=False)


def times(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result's times in milliseconds and memory in megabytes, rounded to the precision of the clocks."""
    p50, p95 = np.percentile(result["samples_ms"], [50, 95])
    facts = {"load_ms": result["load_ms"], "first_ms": result["first_ms"], "p50_ms": float(p50), "p95_ms": float(p95)}
    memory = result.get("memory_mb")
    return {name: round(value, 2) for name, value in facts.items()} | {
        "runs": result["runs"],
        "memory_mb": None if memory is None else round(memory, 1),
    }


def measure_setting(plan: Plan) -> Setting:
    """Return the machine, the date and the sets of inputs."""
    inputs = [
        InputSet(
            name=suite.name, ordinary=suite.ordinary, odd=len(suite.inputs) - suite.ordinary, expected=suite.source
        )
        for suite in plan.suites
    ]
    return Setting(
        processor=processor_name(), system=platform.platform(terse=True), python=platform.python_version(),
        date=time.strftime("%Y-%m-%d"), inputs=inputs,
    )  # fmt: skip
