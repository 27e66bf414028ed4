"""Build the site: read the model directories and packages, render the pages, write a folder, replace the old one.

Needs:  a model directory (config.json, mapping.json, manifest.json, the variant's ONNX file), npm's two packages
Run:    invoke site
Writes: the site's folder, whole or not at all; the same inputs give the same bytes
"""

import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from kakitori.files import read_json
from kakitori.model_directory import file_in
from kakitori.schemas.compat import read_matrix
from kakitori.spec import COMPAT_FILE
from web.compat import render_compat_page
from web.errors import OutputError, SiteError
from web.fonts import japanese, select_faces
from web.licences import licence_files, licence_rows
from web.models import join_data, read_models, sha256, shown_characters, to_json
from web.npm import WEB_DIR, ensure_packages
from web.render import render_font_css, render_pages, render_service_worker

MARKER_FILE = ".kakitori-site"  # is in every folder that this module wrote, and may therefore replace
FONT_PACKAGE = Path("@fontsource", "klee-one")
RUNTIME_PACKAGE = Path("onnxruntime-web")
RUNTIME_WASM = "ort-wasm-simd-threaded.wasm"
# The build without WebGPU has half the bytes, below every static host's limit: docs/measurements.md#engine-build.
RUNTIME_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", RUNTIME_WASM)
FONT_FOLDER = "fonts/klee-one/"


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return {path inside the folder: bytes}, in the order of the paths."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def read_runtime(packages: Path) -> dict[str, bytes]:
    """Return {path in the site: bytes} of the inference engine, with a file of its version, size and SHA-256."""
    folder = packages / RUNTIME_PACKAGE
    files = {name: (folder / "dist" / name).read_bytes() for name in RUNTIME_FILES}
    version = read_json(folder / "package.json", SiteError)["version"]
    wasm = files[RUNTIME_WASM]
    facts = {"version": version, "file": RUNTIME_WASM, "bytes": len(wasm), "sha256": sha256(wasm)}
    files["runtime.json"] = to_json(facts)
    files["LICENSE.txt"] = (WEB_DIR / "licences" / "onnxruntime-web.txt").read_bytes()
    return {f"kakitori/ort/{name}": content for name, content in files.items()}


def read_report(model_dir: Path) -> dict[str, str]:
    """Return {path in the site: text} of the page of the compatibility matrix; empty if it was not measured."""
    path = file_in(model_dir, COMPAT_FILE)
    return render_compat_page(read_matrix(path, SiteError), home="index.html") if path.exists() else {}


@cache
def gzip_size(content: bytes) -> int:
    """Return the number of bytes after gzip at level 6, the usual one of servers. Cached: the engine takes a second."""
    return len(gzip.compress(content, compresslevel=6, mtime=0))


def download_sizes(core: dict[str, bytes], fonts: dict[str, bytes]) -> dict[str, int]:
    """Return the bytes of a first visit, without and with compression by the server, and those of the whole font."""
    needed = [content for path, content in core.items() if not path.startswith("licences/")]
    return {
        "raw_bytes": sum(map(len, needed)),
        "gzip_bytes": sum(map(gzip_size, needed)),
        "font_bytes": sum(map(len, fonts.values())),
    }


def gather_site(model_dirs: Sequence[Path], variant: str, packages: Path) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return {path: bytes} of the whole site, and its download sizes.

    Raises:
        KakitoriError: as `read_models`, and if the font lacks a character.
    """
    models = read_models(model_dirs, variant)
    report = read_report(model_dirs[0])
    data, font = join_data([model.spec.data for model in models]), packages / FONT_PACKAGE
    context = {
        "models": [model.context for model in models],
        "has_report": bool(report),
        "licences": licence_rows(data),
    }
    core = read_folder(WEB_DIR / "static") | models[0].files | read_runtime(packages)
    core |= licence_files(data, (font / "LICENSE").read_bytes())
    draft = render_pages(context | {"download": download_sizes({}, {})})
    words = set().union(*map(japanese, draft.values()))
    faces = select_faces((font / "400.css").read_text(encoding="utf-8"), words, shown_characters(models))
    fonts = {FONT_FOLDER + face.file: (font / "files" / face.file).read_bytes() for face in faces}
    core |= encode(render_font_css(faces))
    sizes = download_sizes(core, fonts)
    core |= encode(render_pages(context | {"download": sizes}))
    chosen = {path: content for model in models[1:] for path, content in model.files.items()}
    parts = {"core": core, "chosen": chosen, "extra": fonts}
    hashes = {name: {path: sha256(content) for path, content in sorted(files.items())} for name, files in parts.items()}
    version = sha256(json.dumps(hashes).encode())[:16]
    worker = encode(render_service_worker(version, **hashes))
    # The service worker does not cache the report.
    unlisted = worker | encode(report) | {MARKER_FILE: f"{version}\n".encode()}
    return core | chosen | fonts | unlisted, sizes


def encode(texts: dict[str, str]) -> dict[str, bytes]:
    """Return {path: UTF-8 bytes}."""
    return {path: text.encode() for path, text in texts.items()}


def check_output(out: Path) -> None:
    """Check that `out` may be replaced.

    Raises:
        OutputError: if it is a file or a link, or a folder that is neither empty nor a site.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{str(out)!r} is not a folder: name another one with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER_FILE).is_file():
        raise OutputError(
            f"The folder {str(out)!r} holds files that `invoke site` did not write, and would be "
            "replaced: name another one with --out, or empty it."
        )


def write_folder(files: dict[str, bytes], out: Path) -> None:
    """Replace the folder `out` by these files; on failure it stays as it was."""
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    fresh, old = work / "new", work / "old"
    try:
        for path, content in files.items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        if out.exists():
            os.rename(out, old)
        try:
            os.rename(fresh, out)
        except OSError:
            if old.exists():
                os.rename(old, out)
            raise
    finally:
        shutil.rmtree(work)


def build_site(model_dirs: Sequence[Path], out: Path, variant: str = "strict.int8") -> dict[str, Any]:
    """Build the site into `out` and return {out, variant, files, bytes, raw_bytes, gzip_bytes, font_bytes}.

    The page opens with the first model; it can switch to the others, and fetches one when it is chosen. `bytes` counts
    all files; `raw_bytes` and `gzip_bytes` are the download of a first visit without the font.

    Raises:
        KakitoriError: if a model cannot be used, npm fails, or `out` may not be replaced; `out` is unchanged then.
    """
    out = Path(os.path.abspath(out))
    check_output(out)
    files, sizes = gather_site(model_dirs, variant, ensure_packages())
    write_folder(files, out)
    return {"out": str(out), "variant": variant, "files": len(files), "bytes": sum(map(len, files.values())), **sizes}
