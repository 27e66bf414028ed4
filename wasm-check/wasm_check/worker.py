"""The process that drives one column, separate from the matrix because it may crash, hang or leak: `python -m
wasm_check.worker JOB.json`.

It writes events as JSON lines to its standard output, each an object with `event`:
    unavailable  reason            this engine is not on this machine; nothing more follows
    engine       facts             version, user agent, adapter …
    start        subject
    done         subject, result   `{"logits": FILE.npy, "load_ms", "first_ms", "p50_ms", …}` or `{"error": "…"}`
    finished
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psutil

from wasm_check.drivers.native import run_onnxruntime, run_tract
from wasm_check.drivers.page import run_page
from wasm_check.errors import Unavailable
from wasm_check.job import Job, read_job
from wasm_check.runner import RUN_VARIABLE, end_run

Say = Callable[..., None]
DRIVERS: dict[str, Callable[[Job, Say], None]] = {
    "onnxruntime": run_onnxruntime,
    "tract": run_tract,
    "page": run_page,
}


def take_stdout() -> TextIO:
    """Return a stream to the standard output for events; redirect what libraries print to the standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    return events


def end_with_parent(folder: Path) -> None:
    """Wait for the parent process to end; then delete the run's folder and end its processes, this one included."""
    psutil.Process().parent().wait()
    shutil.rmtree(folder, ignore_errors=True)
    end_run(os.environ[RUN_VARIABLE])


def main(path: Path) -> None:
    """Run the job in a file."""
    threading.Thread(target=end_with_parent, args=(path.parent,), daemon=True).start()
    events = take_stdout()

    def say(event: str, **facts: Any) -> None:
        events.write(json.dumps({"event": event, **facts}) + "\n")

    job = read_job(path)
    try:
        DRIVERS[job.column.engine.driver](job, say)
    except Unavailable as problem:
        say("unavailable", reason=str(problem))
    else:
        say("finished")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
