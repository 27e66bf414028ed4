"""Check what each task needs on this machine, and give the command that installs or repairs what is missing.

Imports no heavy package. The checks return findings; `examine` runs all of them, `show` prints them. A check tries what
it reports: it creates and deletes a file in a folder, and opens the files that it says are readable.
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
from kakitori.files import sha256_of
from kakitori.folders import cache_folder, try_folder
from kakitori.model_directory import open_model, variant_file
from kakitori.npm import NpmMissing, npm_command
from kakitori.schemas.prepared import METADATA_FILE, check_files
from kakitori.spec import (
    CONFIG_FILE,
    GENERATED,
    ONNX_FOLDER,
    WEIGHTS_FILE,
    read_spec,
)
from web.browsers import BROWSERS
from web.npm import is_installed

ROOT = Path(__file__).parent
OLDEST_PYTHON = (3, 11)
FREE_BYTES = 1 << 30  # a run's checkpoints, exported files and site take 0.3 GB for 3,036 classes


@dataclass(frozen=True)
class Finding:
    """The result of one check. `ok` is None for what no task requires."""

    what: str
    found: str
    ok: bool | None = None
    mend: str = ""  # the command, or the advice, that corrects it


@dataclass(frozen=True)
class Need:
    """The findings that a task needs, by name; the tasks of the README's first command are `default` ones."""

    task: str
    findings: tuple[str, ...]
    default: bool = False


CORE = ("Python", "packages", "disk")
TRAIN = (*CORE, "packages [train]", "cache folder")
MODEL = (*TRAIN, "models folder")
NEEDS = (
    Need("data", (*TRAIN, "datasets folder", "runs folder"), default=True),
    Need("train", MODEL, default=True),
    Need("ablate", (*TRAIN, "runs folder")),
    Need("calibrate", (*MODEL, "weights"), default=True),
    Need("evaluate", (*MODEL, "weights"), default=True),
    Need("export", (*MODEL, "weights"), default=True),
    Need("site", (*CORE, "site variant", "npm packages", "site folder"), default=True),
    Need("serve", ("Python", "packages", "built site")),
    Need("bench", (*MODEL, "weights", "site variant")),
    Need("read", (*CORE, "site variant")),
    Need("compat", (*CORE, "packages [test]", "site variant", "npm packages", "runs folder", *BROWSERS)),
    Need("lint", (*CORE, "packages [train]", "packages [test]", "npm packages")),
    Need("test", (*CORE, "packages [train]", "packages [test]", "npm packages", "chromium")),
)


def check_python() -> Finding:
    """Return whether this Python is new enough."""
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", platform.python_version(), sys.version_info >= OLDEST_PYTHON,
                   f"install Python {wanted} or newer, and create the virtual environment again with it")  # fmt: skip


def check_processor() -> Finding:
    """Return the number of processors and the memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return Finding("processor", f"{cores} cores")
    return Finding("processor", f"{cores} cores, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} "
                                "GB of memory")  # fmt: skip


def check_disk(folder: Path) -> Finding:
    """Return the free space of the disk that models, data sets and the site are written to."""
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
    """Return {extra: {package: version}}, "" being what every installation of a checkout has."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    pins = {
        extra: dict(pin.split("==") for pin in requirements if "==" in pin)  # others name this project's own extras
        for extra, requirements in project["optional-dependencies"].items()
    }
    # The package's own requirements are ranges: their versions are those that [train] pins.
    names = [requirement.split(">=")[0] for requirement in project["dependencies"]]
    every = {name: pins["train"].pop(name) for name in names} | pins.pop("site")
    return {"": every} | {extra: pinned for extra, pinned in pins.items() if pinned}


def check_packages(extra: str, pins: dict[str, str], find: Callable[[str], str | None] = installed_version) -> Finding:
    """Return whether the packages of an extra are installed, and which are missing or have another version."""
    found = {name: installed for name in pins if (installed := find(name))}
    missing = [name for name in pins if name not in found]
    others = [f"{name} {installed} instead of {pins[name]}" for name, installed in found.items()
              if installed.partition("+")[0] != pins[name]]  # fmt: skip
    parts = [f"{len(pins) - len(missing)} of {len(pins)}"]
    parts += [f"missing: {', '.join(missing)}"] if missing else []
    parts += [f"untested versions: {', '.join(others)}"] if others else []
    where = f'".[{extra}]"' if extra else "."
    return Finding(f"packages [{extra}]" if extra else "packages", "; ".join(parts), not missing,
                   f"python -m pip install -e {where}")  # fmt: skip


def check_npm() -> Finding:
    """Return whether the site's npm packages are installed or can be fetched."""
    if is_installed(ROOT / "web"):
        return Finding("npm packages", "as in package-lock.json", True)
    try:
        npm_command()
    except NpmMissing:
        return Finding("npm packages", "missing, and no npm", False, "python -m pip install -e .")
    return Finding("npm packages", "missing: fetched when the site is first built (needs the network)", True)


def check_browsers() -> list[Finding]:
    """Return a finding for every browser that the project is tested in."""
    return [
        Finding(name, f"{row.label}: {found[0]}" if found else f"{row.label}: missing", bool(found), row.missing)
        for name, row in BROWSERS.items()
        for found in [row.find()]
    ]


def check_folder(what: str, folder: Path) -> Finding:
    """Return whether files can be created in a folder."""
    problem, mend = try_folder(folder)
    return Finding(what, problem or f"{folder}: writable", not problem, mend)


def check_datasets(folder: Path) -> Finding:
    """Return the prepared sets, and which of them cannot be read."""
    found, damaged = [GENERATED], []
    for path in sorted(folder.glob(f"*/{METADATA_FILE}")):
        try:
            facts = check_files(path.parent)
            found.append(f"{path.parent.name} ({facts.count:,} images, {len(facts.characters):,} classes)")
        except KakitoriError as problem:
            damaged.append(path.parent)
            found.append(f"{path.parent.name} (damaged: {problem})")
    if damaged:
        return Finding("data sets", ", ".join(found), False, f"rm -r {' '.join(map(str, damaged))}, then invoke data")
    return Finding("data sets", ", ".join(found), None,
                   "" if len(found) > 1 else "others: invoke data --source NAME --from DIR (docs/data.md)")  # fmt: skip


def check_model(model: Path, variant: str) -> list[Finding]:
    """Return whether a model directory has readable weights, and the exported file that the site takes."""
    checks: tuple[tuple[str, str, Callable[[], object], str], ...] = (
        ("weights", f"{model}", lambda: check_weights(model), f"invoke train --model {model}"),
        ("site variant", f"{model}, {variant}", lambda: check_variant(model, variant),
         f"invoke export --backend {variant.split('.')[0]} --model {model}"),
    )  # fmt: skip
    findings = []
    for what, name, check, mend in checks:
        try:
            check()
            findings.append(Finding(what, f"{name}: readable", True))
        except FileNotFoundError as problem:
            findings.append(Finding(what, f"{name}: {Path(problem.filename).name} is missing", False, mend))
        except (KakitoriError, OSError) as problem:
            findings.append(Finding(what, f"{name}: {problem}", False, mend))
    return findings


def check_weights(model: Path) -> None:
    """Raise an error unless a model's config can be read and its weights have the SHA-256 that it gives."""
    path = model / WEIGHTS_FILE
    found, expected = sha256_of(path), read_spec(model).weights
    if found != expected:
        raise KakitoriError(f"{path.name} has the SHA-256 {found}, and {CONFIG_FILE} has {expected}")


def check_variant(model: Path, variant: str) -> None:
    """Raise an error unless an exported file is the one of the manifest, and the JSON files are of one model."""
    variant_file(open_model(model), variant)


def check_models(folder: Path) -> Finding:
    """Return the model directories and the number of exported files of each."""
    names = [
        f"{path.parent} ({len(list(path.parent.glob(f'{ONNX_FOLDER}/*.onnx')))} ONNX files)"
        for path in sorted(folder.glob(f"*/{CONFIG_FILE}"))
    ]
    return Finding("models", ", ".join(names) or "none")


def check_site(dist: Path) -> Finding:
    """Return whether a site has been built."""
    page = dist / "index.html"
    built = page.is_file() and page.stat().st_size > 0
    return Finding("built site", f"{dist}: {'built' if built else 'missing'}", built, "invoke site")


def examine(model: Path, variant: str, dist: Path) -> list[Finding]:
    """Return all findings about this machine and the working folder."""
    return [
        check_python(), check_processor(), check_disk(Path.cwd()), check_gpu(installed_version("torch")),
        *(check_packages(extra, pins) for extra, pins in read_pins(ROOT / "pyproject.toml").items()),
        *(check_folder(f"{name} folder", Path(name)) for name in ("datasets", "runs")),
        check_folder("models folder", model.parent), check_folder("cache folder", cache_folder()),
        check_folder("site folder", dist), check_npm(), *check_browsers(), check_datasets(Path("datasets")),
        check_models(model.parent), *check_model(model, variant), check_site(dist),
    ]  # fmt: skip


def lacking(need: Need, findings: list[Finding]) -> list[Finding]:
    """Return the findings that a task needs and that are not ok."""
    return [finding for finding in findings if finding.what in need.findings and finding.ok is False]


def show(findings: list[Finding], console: Console) -> bool:
    """Print the findings and what each task lacks; return whether all default tasks can run."""
    machine = Table("", "found", "to correct it", title="This machine")
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
