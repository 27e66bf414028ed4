"""What this machine has and lacks for each task, and the command that mends it. Instant; imports no heavy package.

The checks return values; `examine` runs them all, `show` prints.
"""

import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kakitori.errors import KakitoriError
from kakitori.files import read_json
from kakitori.npm import NpmMissing, npm_command
from kakitori.spec import CONFIG_FILE, MANIFEST_FILE, MAPPING_FILE, WEIGHTS_FILE
from web.browsers import BROWSERS
from web.npm import is_installed

ROOT = Path(__file__).parent
OLDEST_PYTHON = (3, 11)
FREE_BYTES = 1 << 30  # a run's checkpoints, exported files and site take 0.3 GB for 3,036 classes
DATASET_METADATA = "metadata.json"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `ok` is None for what no task insists on."""

    what: str
    found: str
    ok: bool | None = None
    mend: str = ""  # the command, or the advice, where it is not ok


@dataclass(frozen=True)
class Need:
    """What a task needs, by the names of findings; the tasks of the README's first command are `default` ones."""

    task: str
    findings: tuple[str, ...]
    default: bool = False


CORE = ("Python", "packages", "disk")
NEEDS = (
    Need("data", (*CORE, "packages [train]"), default=True),
    Need("train", (*CORE, "packages [train]"), default=True),
    Need("ablate", (*CORE, "packages [train]")),
    Need("calibrate", (*CORE, "packages [train]", "weights"), default=True),
    Need("evaluate", (*CORE, "packages [train]", "weights"), default=True),
    Need("export", (*CORE, "packages [train]", "weights"), default=True),
    Need("site", (*CORE, "site variant", "npm packages"), default=True),
    Need("serve", ("Python", "packages", "built site")),
    Need("bench", (*CORE, "packages [train]", "weights", "site variant")),
    Need("compat", (*CORE, "packages [test]", "site variant", "npm packages", *BROWSERS)),
    Need("test", (*CORE, "packages [train]", "packages [test]", "npm packages", "chromium")),
)


def check_python() -> Finding:
    """Return whether this Python is new enough."""
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", platform.python_version(), sys.version_info >= OLDEST_PYTHON,
                   f"install Python {wanted} or newer, and make the virtual environment anew with it")  # fmt: skip


def check_processor() -> Finding:
    """Return the processors and the memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return Finding("processor", f"{cores} cores")
    return Finding("processor", f"{cores} cores, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} "
                                "GB of memory")  # fmt: skip


def check_disk(folder: Path) -> Finding:
    """Return how much room there is where models, data sets and the site are written."""
    free = shutil.disk_usage(folder).free
    return Finding("disk", f"{free / 1e9:,.1f} GB free", free >= FREE_BYTES,
                   f"make room: training and exporting need about {FREE_BYTES / 1e9:.0f} GB")  # fmt: skip


def check_gpu(torch_version: str | None) -> Finding:
    """Return the NVIDIA GPU, and whether the installed torch can use it."""
    if not shutil.which("nvidia-smi"):
        return Finding("GPU", "none: training runs on the processor")
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError) as problem:
        return Finding("GPU", f"nvidia-smi does not answer ({type(problem).__name__})", None, "check the driver")
    if torch_version and "+cpu" in torch_version:
        return Finding("GPU", f"{answer}, but torch {torch_version} cannot use it", None,
                       "install the CUDA build of torch: https://pytorch.org/get-started/locally/")  # fmt: skip
    return Finding("GPU", answer)


def installed_version(package: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def read_pins(pyproject: Path) -> dict[str, dict[str, str]]:
    """Return {extra: {package: version}}, "" being what every installation has."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: dict(pin.split("==") for pin in pins if "==" in pin)  # others name this project's own extras
        for extra, pins in extras.items()
    }


def check_packages(extra: str, pins: dict[str, str], find: Callable[[str], str | None] = installed_version) -> Finding:
    """Return whether the packages of an extra are there, and which are not or have another version."""
    found = {name: find(name) for name in pins}
    missing = [name for name, there in found.items() if there is None]
    others = [f"{name} {found[name]} instead of {pin}" for name, pin in pins.items()
              if found[name] and found[name].partition("+")[0] != pin]  # fmt: skip
    parts = [f"{len(pins) - len(missing)} of {len(pins)}"]
    parts += [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"untested versions: {', '.join(others)}"] if others else []
    where = f'".[{extra}]"' if extra else "."
    return Finding(f"packages [{extra}]" if extra else "packages", "; ".join(parts), not missing,
                   f"python -m pip install -e {where}")  # fmt: skip


def check_npm() -> Finding:
    """Return whether the site's npm packages are there, or can be fetched."""
    if is_installed(ROOT / "web"):
        return Finding("npm packages", "as in package-lock.json", True)
    try:
        npm_command()
    except NpmMissing:
        return Finding("npm packages", "missing, and no npm", False, "python -m pip install -e .")
    return Finding("npm packages", "missing: fetched when the site is first built (needs the network)", True)


def check_browsers() -> list[Finding]:
    """Return a finding for every browser that the project is proven in."""
    return [
        Finding(name, f"{row.label}: {found[0]}" if found else f"{row.label}: missing", bool(found), row.missing)
        for name, row in BROWSERS.items()
        for found in [row.find()]
    ]


def check_datasets(folder: Path) -> Finding:
    """Return the prepared sets."""
    names = []
    for path in sorted(folder.glob(f"*/{DATASET_METADATA}")):
        try:
            facts = read_json(path)
            names.append(f"{path.parent.name} ({facts['count']:,} images, {facts['num_classes']:,} classes)")
        except (KakitoriError, KeyError, TypeError):
            names.append(f"{path.parent.name} (damaged: prepare it again)")
    return Finding("data sets", ", ".join(["ink", *names]), None,
                   "" if names else "others: invoke data --source NAME --from DIR (docs/data.md)")  # fmt: skip


def check_model(model: Path, variant: str) -> list[Finding]:
    """Return whether a model directory has weights, and the exported file that the site takes."""
    weights = all((model / name).is_file() for name in (CONFIG_FILE, WEIGHTS_FILE))
    exported = all((model / name).is_file() for name in (MAPPING_FILE, MANIFEST_FILE, f"onnx/{variant}.onnx"))
    backend = variant.split(".")[0]
    return [
        Finding("weights", f"{model}: {'there' if weights else 'missing'}", weights, f"invoke train --model {model}"),
        Finding("site variant", f"{model}, {variant}: {'there' if exported else 'missing'}", exported,
                f"invoke export --backend {backend} --model {model}"),
    ]  # fmt: skip


def check_models(folder: Path) -> Finding:
    """Return the model directories and how many exported files each has."""
    names = [
        f"{path.parent} ({len(list(path.parent.glob('onnx/*.onnx')))} ONNX files)"
        for path in sorted(folder.glob(f"*/{CONFIG_FILE}"))
    ]
    return Finding("models", ", ".join(names) or "none")


def check_site(dist: Path) -> Finding:
    """Return whether a site has been built."""
    there = (dist / "index.html").is_file()
    return Finding("built site", f"{dist}: {'there' if there else 'missing'}", there, "invoke site")


def examine(model: Path, variant: str, dist: Path) -> list[Finding]:
    """Return every finding about this machine and the working folder."""
    return [
        check_python(), check_processor(), check_disk(Path.cwd()), check_gpu(installed_version("torch")),
        *(check_packages(extra, pins) for extra, pins in read_pins(ROOT / "pyproject.toml").items()),
        check_npm(), *check_browsers(), check_datasets(Path("datasets")), check_models(model.parent),
        *check_model(model, variant), check_site(dist),
    ]  # fmt: skip


def lacking(need: Need, findings: list[Finding]) -> list[Finding]:
    """Return what a task needs and this machine lacks."""
    return [finding for finding in findings if finding.what in need.findings and finding.ok is False]


def show(findings: list[Finding], console: Console) -> bool:
    """Print the findings and what each task lacks; return whether all default tasks can run."""
    machine = Table("", "found", "to mend it", title="This machine")
    for finding in findings:
        colour = {True: "green", False: "red", None: "default"}[finding.ok]
        machine.add_row(escape(finding.what), f"[{colour}]{escape(finding.found)}[/]",
                        "" if finding.ok else escape(finding.mend))  # fmt: skip
    tasks = Table("task", "can run", "lacks", "command", title="Tasks")
    for need in NEEDS:
        lacks = lacking(need, findings)
        tasks.add_row(f"invoke {need.task}", "no" if lacks else "yes", escape(", ".join(f.what for f in lacks)),
                      escape("\n".join(dict.fromkeys(f.mend for f in lacks))))  # fmt: skip
    console.print(machine)
    console.print(tasks)
    return not any(lacking(need, findings) for need in NEEDS if need.default)
