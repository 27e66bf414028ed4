"""The table of engines. To add one, add a row, and a driver if no existing one fits (see README.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kakitori.errors import check_choice
from web.browsers import BROWSERS, get_browser
from web.build import RUNTIME_FILES
from web.npm import WEB_DIR

HERE = Path(__file__).parent.parent  # wasm-check/, which holds the probe page and the npm packages
PROBE_DIR = HERE / "probe"
ORT_WEB = "node_modules/onnxruntime-web"
WEBGPU_RUNTIME = ("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm")


@dataclass(frozen=True)
class Package:
    """An npm package whose files the probe page loads: a folder with a lock file, the package in it, the files."""

    root: Path
    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Engine:
    """A runtime for ONNX files: a probe module and its npm package in a browser, otherwise a Python driver."""

    name: str
    label: str
    driver: str  # key of wasm_check.worker.DRIVERS
    browsers: tuple[str, ...] = ()
    package: Package | None = None
    probe: str = ""  # module in probe/engines/
    options: Mapping[str, object] = field(default_factory=dict)  # for the driver or the probe module
    isolated: bool = False  # served with COOP and COEP, so that WebAssembly may use threads
    policy: tuple[tuple[str, str], ...] = ()  # (directive, source) added to the site's policy
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field of FileFacts -> the values it runs
    slow: float = 1  # factor of the time limit of a file


@dataclass(frozen=True)
class Column:
    """An engine, in a browser where it needs one."""

    engine: Engine
    browser: str | None

    @property
    def name(self) -> str:
        return f"{self.engine.name}/{self.browser}" if self.browser else self.engine.name

    @property
    def label(self) -> str:
        return f"{self.engine.label}, {BROWSERS[self.browser].label}" if self.browser else self.engine.label


ALL_BROWSERS = ("chromium", "firefox", "webkit")
WASM_PACKAGE = Package(WEB_DIR, ORT_WEB, tuple(f"dist/{name}" for name in RUNTIME_FILES))
ENGINES = {
    row.name: row
    for row in (
        Engine("onnxruntime", "ONNX Runtime", "onnxruntime"),
        Engine("tract", "tract", "tract"),
        Engine("tractjs", "tract in WebAssembly", "page", ("chromium",),
               Package(HERE, "node_modules/tractjs", ("dist/tractjs.esm.js",)), "tractjs",
               # Its worker is a data: URL of 7.6 MB, which the probe turns into a blob.
               policy=(("worker-src", "blob:"), ("script-src", "blob:"))),
        Engine("ort-web", "ONNX Runtime Web, 1 thread", "page", ALL_BROWSERS, WASM_PACKAGE, "ort-web",
               {"module": RUNTIME_FILES[0], "provider": "wasm", "threads": 1}),
        Engine("ort-web-threads", "ONNX Runtime Web, 2 threads", "page", ALL_BROWSERS, WASM_PACKAGE, "ort-web",
               {"module": RUNTIME_FILES[0], "provider": "wasm", "threads": 2}, isolated=True),
        # A software adapter is slow, above all on the first image: docs/measurements.md#webgpu-in-software.
        Engine("ort-web-webgpu", "ONNX Runtime Web, WebGPU", "page", ("chromium",),
               Package(WEB_DIR, ORT_WEB, tuple(f"dist/{name}" for name in WEBGPU_RUNTIME)), "ort-web",
               {"module": WEBGPU_RUNTIME[0], "provider": "webgpu", "threads": 1, "batch": 16},
               only={"backend": ("strict", ""), "precision": ("fp32", "fp16", "fp16-weights", "int8")}, slow=5),
    )
}  # fmt: skip


# Computes the expected logits of a user's own file: every operator as the file has it, none fused or reordered.
PLAIN = Engine("onnxruntime-plain", "ONNX Runtime, not optimised", "onnxruntime", options={"optimised": False})


def find_engine(name: str) -> Engine:
    """Return the engine of a job: a row of ENGINES, or PLAIN."""
    return PLAIN if name == PLAIN.name else ENGINES[name]


def select_columns(engines: Iterable[str], browsers: Iterable[str]) -> list[Column]:
    """Return the columns of the named engines and browsers, in the table's order; no names select all.

    Raises:
        KakitoriError: for an unknown engine or browser, listing the known ones.
    """
    chosen = [check_choice("engine", name, ENGINES) for name in engines] or list(ENGINES)
    wanted = [get_browser(name).name for name in browsers] or list(BROWSERS)
    rows = [engine for engine in ENGINES.values() if engine.name in chosen]
    return [
        Column(engine, browser)
        for engine in rows
        for browser in (engine.browsers or (None,))
        if browser is None or browser in wanted
    ]
