"""Run a column in a worker process. If it crashes or hangs, its subject gets the error and the others run on."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psutil

from wasm_check.engines import Column
from wasm_check.job import Subject, Suite, write_inputs, write_job

START_SECONDS = 90  # for the engine or browser to start
SUBJECT_SECONDS = 120  # for one subject
# Environment variable that every process of a worker inherits, even a detached one, with a value of its own run.
RUN_VARIABLE = "KAKITORI_COMPAT_RUN"
LAST_CHARACTERS = 400  # of a dead worker's standard error, reported

Event = dict[str, Any]


class Listener(Protocol):
    """The receiver of a worker's events."""

    def engine(self, facts: dict[str, Any]) -> None:
        """Take the facts of the engine: version, user agent, adapter."""

    def unavailable(self, reason: str) -> None:
        """Take the reason why this machine does not have the engine; no subject runs."""

    def start(self, key: str) -> None:
        """Take the start of a subject."""

    def done(self, key: str, result: dict[str, Any]) -> None:
        """Take a subject's result, or `{"error": message}`."""


def run_column(
    column: Column, subjects: list[Subject], suites: list[Suite], listener: Listener, seconds: float = SUBJECT_SECONDS
) -> None:
    """Run subjects in an engine, with a new worker after each subject that crashed or exceeded the limit.

    Args:
        seconds: the time limit of one subject.
    """
    waiting = {subject.key: subject for subject in subjects}
    # One folder for the worker's files and for the profiles of browsers that are killed.
    with tempfile.TemporaryDirectory(prefix="kakitori-compat-", ignore_cleanup_errors=True) as folder:
        write_inputs(Path(folder), suites)
        while waiting:
            before = len(waiting)
            problem = _run_worker(column, waiting, Path(folder), listener, seconds)
            if waiting and len(waiting) == before:  # it reached no subject, so no other worker will
                for key in waiting:
                    listener.done(key, {"error": f"{column.label} did not start: {problem}"})
                return


def _run_worker(
    column: Column, waiting: dict[str, Subject], folder: Path, listener: Listener, seconds: float
) -> str | None:
    """Run one worker until it ends or is stopped; remove finished subjects from `waiting`; return the problem."""
    current: str | None = None
    with _worker(write_job(column, list(waiting.values()), folder), folder) as worker:
        while True:
            limit = START_SECONDS if current is None else seconds
            event, problem = worker.next_event(limit)
            if problem:
                break
            match event:
                case {"event": "engine", "facts": facts}:
                    listener.engine(facts)
                case {"event": "unavailable", "reason": reason}:
                    listener.unavailable(reason)
                    waiting.clear()
                case {"event": "start", "subject": current}:
                    listener.start(current)
                case {"event": "done", "subject": key, "result": result}:
                    listener.done(key, result)
                    del waiting[key]
                    current = None
                case {"event": "finished"}:
                    return None
            if not waiting:
                return None
    if current is not None:
        listener.done(current, {"error": problem})
        del waiting[current]
    return problem


class Worker:
    """A running worker process and the lines of its standard output."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self._process, self._errors = process, errors
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def next_event(self, seconds: float) -> tuple[Event, str | None]:
        """Return the next event and no problem, or the problem: no line within `seconds`, or the worker's end."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return {}, f"no answer within {seconds:g} s; it was stopped."
        if line is not None:
            return json.loads(line), None
        status = self._process.wait()
        words = " ".join(self._errors.read_text(encoding="utf-8", errors="replace").split())
        return {}, f"its process ended with status {status}: {words[-LAST_CHARACTERS:] or 'no message'}"


@contextmanager
def _worker(job: Path, folder: Path) -> Iterator[Worker]:
    """Start a worker; when the block ends, every process that it started is ended."""
    run = uuid.uuid4().hex
    errors = folder / "worker.err"
    environment = os.environ | {RUN_VARIABLE: run, "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "wasm_check.worker", str(job)]
    with (
        errors.open("w") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, env=environment) as process,
    ):
        try:
            yield Worker(process, errors)
        finally:
            end_run(run)


def end_run(run: str) -> None:
    """Kill every process with a run's variable: browsers leave the process group but keep the environment."""
    left = [process for process in psutil.process_iter() if _variable(process) == run]
    for process in left:
        for child in _children(process):
            _kill(child)
        _kill(process)
    psutil.wait_procs(left, timeout=10)


def _variable(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(RUN_VARIABLE)
    except (psutil.Error, OSError):
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
