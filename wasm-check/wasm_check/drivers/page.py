"""The engines that run in a browser: a probe page, served from a folder made for the job, that reports by POST.

The page loads one subject, measures it, posts the result, and reloads itself for the next, so that each subject starts
in a fresh page.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.files import write_json
from wasm_check.drivers.browsers import open_browser
from wasm_check.engines import PROBE_DIR
from wasm_check.errors import Unavailable
from wasm_check.job import WARM_RUNS, Job
from web.npm import ensure_packages
from web.policy import CONTENT_SECURITY_POLICY, HEADERS
from web.serve import SiteHandler, running_server

CHECK_SECONDS = 0.2  # between two checks that the browser runs


def run_page(job: Job, say: Callable[..., None]) -> None:
    """Run a job on the probe page in the column's browser.

    Raises:
        Unavailable: if the browser, or what the engine needs of it, is not there.
    """
    folder = job.folder / "site"
    write_probe_site(job, folder)
    run = PageRun(job, say)
    engine, browser_name = job.column.engine, job.column.browser
    if browser_name is None:
        raise Unavailable(f"{engine.label} runs in a browser: name one with --browser.")
    handler = partial(ProbeHandler, run=run, headers=probe_headers(engine.policy))
    with (
        running_server(folder, isolated=engine.isolated, handler=handler) as url,
        open_browser(browser_name) as browser,
    ):
        run.browser_memory = browser.memory
        browser.open(url)
        while not run.finished.is_set():
            browser.check()
            time.sleep(CHECK_SECONDS)
    if run.unavailable:
        raise Unavailable(run.unavailable)


def probe_headers(policy: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return the site's headers, with an engine's sources added to the policy."""
    text = CONTENT_SECURITY_POLICY
    for directive, source in policy:
        text = text.replace(f"{directive} ", f"{directive} {source} ")
    return HEADERS | {"Content-Security-Policy": text}


def write_probe_site(job: Job, folder: Path) -> None:
    """Write the folder that the page is served from: probe, engine, models, inputs, and the job for the page."""
    shutil.copytree(PROBE_DIR, folder, dirs_exist_ok=True)
    package = job.column.engine.package
    assert package, "an engine that runs in a page has a package"
    ensure_packages(package.root)
    (folder / "engine").mkdir(exist_ok=True)
    for file in package.files:
        shutil.copy(package.root / package.folder / file, folder / "engine")
    version = json.loads((package.root / package.folder / "package.json").read_text(encoding="utf-8"))["version"]
    suites = {}
    # Files are numbered: the names of users' files may hold characters that mean something else in a URL.
    for i, name in enumerate(sorted({subject.suite for subject in job.subjects})):
        inputs = job.inputs(name)
        (folder / f"{i}.bin").write_bytes(inputs.tobytes())
        suites[name] = {"file": f"{i}.bin", "shape": list(inputs.shape)}
    subjects = []
    for i, subject in enumerate(job.subjects):
        shutil.copy(subject.path, folder / f"{i}.onnx")
        subjects.append({"file": f"{i}.onnx", "input": subject.input_name, "output": subject.output_name,
                         "suite": subject.suite})  # fmt: skip
    engine = {"probe": job.column.engine.probe, "version": f"{Path(package.folder).name} {version}",
              "options": dict(job.column.engine.options)}  # fmt: skip
    times = {"runs": WARM_RUNS, "milliseconds": job.warm_seconds * 1000}
    write_json(folder / "job.json", {"engine": engine, "suites": suites, "subjects": subjects, "times": times})


class PageRun:
    """Handles the page's messages. The server's threads call `hear`, one at a time: the page waits for each answer."""

    def __init__(self, job: Job, say: Callable[..., None]) -> None:
        self.job, self.say = job, say
        self.finished = threading.Event()
        self.unavailable: str | None = None
        self.browser_memory: Callable[[], int | None] = lambda: None  # bytes of the browser's processes
        self._idle_memory: int | None = None
        self._logits: np.ndarray | None = None

    def hear(self, event: str, index: int, body: bytes) -> None:
        """Handle a message of the page about the subject at `index`."""
        hears = {"engine": self._engine, "start": self._start, "logits": self._take_logits, "done": self._done,
                 "unavailable": self._unavailable, "finished": self._finished}  # fmt: skip
        hears[event](index, body)

    def _engine(self, _index: int, body: bytes) -> None:
        self._idle_memory = self.browser_memory()
        self.say("engine", facts=json.loads(body))

    def _start(self, index: int, _body: bytes) -> None:
        self._logits = None
        self.say("start", subject=self.job.subjects[index].key)

    def _take_logits(self, index: int, body: bytes) -> None:
        count = len(self.job.inputs(self.job.subjects[index].suite))
        self._logits = np.frombuffer(body, np.float32).reshape(count, -1)

    def _done(self, index: int, body: bytes) -> None:
        subject, result = self.job.subjects[index], json.loads(body)
        if self._logits is not None:
            result["logits"] = self.job.save_logits(subject, self._logits)
            memory = self.browser_memory()
            if memory is not None and self._idle_memory is not None:
                result["memory_mb"] = max(0, memory - self._idle_memory) / 1e6
        self.say("done", subject=subject.key, result=result)

    def _unavailable(self, _index: int, body: bytes) -> None:
        self.unavailable = json.loads(body)["reason"]
        self.finished.set()

    def _finished(self, _index: int, _body: bytes) -> None:
        self.finished.set()


class ProbeHandler(SiteHandler):
    """Serves the probe's folder and passes the page's POST requests to the run."""

    def __init__(self, *args: Any, run: PageRun, headers: dict[str, str], **kwargs: Any) -> None:
        self.run = run
        self.base_headers = headers
        super().__init__(*args, **kwargs)

    def do_POST(self) -> None:
        """Handle `/<event>/<index>`; an error here is sent to the page, which reports it as the subject's."""
        _, event, index = self.path.split("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.run.hear(event, int(index), body)
        except Exception as problem:
            answer = f"{type(problem).__name__}: {problem}".encode()
            self.send(HTTPStatus.INTERNAL_SERVER_ERROR, {"Content-Length": str(len(answer))})
            self.wfile.write(answer)
        else:
            self.send(HTTPStatus.NO_CONTENT, {"Content-Length": "0"})
