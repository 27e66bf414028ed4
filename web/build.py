"""The recipe for the site, and the only writer: gather, render, write beside, swap in.

Needs: a model directory (config.json, mapping.json, manifest.json, the variant's ONNX file), npm's two packages.
Writes: the site's folder, whole or not at all. The same inputs give the same bytes.
"""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from training.files import read_json
from training.spec import COMPAT_FILE, CONFIG_FILE, MANIFEST_FILE, MAPPING_FILE, read_spec
from web.compat import render_compat_page
from web.context import select_variant, site_context
from web.errors import OutputError, SiteError
from web.fonts import Face, japanese, select_faces
from web.licences import licence_files, licence_rows
from web.npm import WEB_DIR, ensure_packages
from web.render import render_font_css, render_pages, render_service_worker

MARKER_FILE = ".kakitori-site"  # in every folder that this module wrote, and so may replace
FONT_PACKAGE = Path("@fontsource", "klee-one")
RUNTIME_PACKAGE = Path("onnxruntime-web")
RUNTIME_WASM = "ort-wasm-simd-threaded.wasm"
# The build without WebGPU: 14 MB instead of 27, below every static host's limit.
RUNTIME_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", RUNTIME_WASM)
FONT_FOLDER = "fonts/klee-one/"


def sha256(content: bytes) -> str:
    """Return the hex SHA-256."""
    return hashlib.sha256(content).hexdigest()


def read_model(model_dir: Path, variant: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the facts for the templates, and {path in the site: bytes} of the model.

    The site's manifest lists the one variant that the site carries.

    Raises:
        ModelError: if the directory or its config is missing or damaged.
        SiteError: if the files contradict each other, or the ONNX file is missing or not the one of the manifest.
    """
    spec = read_spec(model_dir)
    mapping = read_json(model_dir / MAPPING_FILE, SiteError)
    manifest = read_json(model_dir / MANIFEST_FILE, SiteError)
    context = site_context(spec, mapping, manifest, variant)
    row = select_variant(manifest, variant)
    onnx = model_dir / row["file"]
    if not onnx.is_file():
        raise SiteError(f"{onnx} does not exist, though the manifest lists it: make it with `invoke export`.")
    content = onnx.read_bytes()
    if (len(content), sha256(content)) != (row["bytes"], row["sha256"].removeprefix("sha256:")):
        raise SiteError(f"{onnx} is not the file that the manifest describes ({len(content):,} bytes found, "
                        f"{row['bytes']:,} expected, or another SHA-256): run `invoke export` again.")
    return context, {
        f"model/{CONFIG_FILE}": (model_dir / CONFIG_FILE).read_bytes(),
        f"model/{MAPPING_FILE}": to_json(mapping),
        f"model/{MANIFEST_FILE}": to_json(manifest | {"files": [row]}),
        f"model/{row['file']}": content,
    }


def to_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON: nobody reads the site's copies, and everybody downloads them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return {path inside the folder: bytes}, in the order of the paths."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def read_runtime(packages: Path) -> dict[str, bytes]:
    """Return {path in the site: bytes} of the inference engine, with the size and hash of its large part."""
    folder = packages / RUNTIME_PACKAGE
    files = {name: (folder / "dist" / name).read_bytes() for name in RUNTIME_FILES}
    version = read_json(folder / "package.json", SiteError)["version"]
    wasm = files[RUNTIME_WASM]
    facts = {"version": version, "file": RUNTIME_WASM, "bytes": len(wasm), "sha256": sha256(wasm)}
    files["runtime.json"] = to_json(facts)
    files["LICENSE.txt"] = (WEB_DIR / "licences" / "onnxruntime-web.txt").read_bytes()
    return {f"kakitori/ort/{name}": content for name, content in files.items()}


def read_report(model_dir: Path) -> dict[str, str]:
    """Return {path in the site: text} of the page that shows where every file was run; empty if none was."""
    path = model_dir / COMPAT_FILE
    return render_compat_page(read_json(path, SiteError), home="index.html") if path.exists() else {}


@cache
def gzip_size(content: bytes) -> int:
    """Return the bytes after gzip at level 6, which servers use. Remembered: the engine takes a second."""
    return len(gzip.compress(content, compresslevel=6, mtime=0))


def download_sizes(core: dict[str, bytes], fonts: dict[str, bytes]) -> dict[str, int]:
    """Return the bytes of a first visit, as they are and as a compressing server sends them, and of the whole font."""
    needed = [content for path, content in core.items() if not path.startswith("licences/")]
    return {
        "raw_bytes": sum(map(len, needed)),
        "gzip_bytes": sum(map(gzip_size, needed)),
        "font_bytes": sum(map(len, fonts.values())),
    }


def gather_site(model_dir: Path, variant: str, packages: Path) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return {path: bytes} of the whole site, and its download sizes.

    Raises:
        KakitoriError: as `read_model`, and if the font lacks a character.
    """
    context, model = read_model(model_dir, variant)
    report = read_report(model_dir)
    context |= {"has_report": bool(report)}
    spec, font = read_spec(model_dir), packages / FONT_PACKAGE
    context |= {"licences": licence_rows(spec.data)}
    core = read_folder(WEB_DIR / "static") | model | read_runtime(packages)
    core |= licence_files(spec.data, (font / "LICENSE").read_bytes())
    draft = render_pages(context | {"download": download_sizes({}, {})})
    words = set().union(*map(japanese, draft.values()))
    classes = "".join(spec.get_charset().characters)
    faces: list[Face] = select_faces((font / "400.css").read_text(encoding="utf-8"), words, classes)
    fonts = {FONT_FOLDER + face.file: (font / "files" / face.file).read_bytes() for face in faces}
    core |= encode(render_font_css(faces))
    sizes = download_sizes(core, fonts)
    core |= encode(render_pages(context | {"download": sizes}))
    hashes = {path: sha256(content) for path, content in sorted(core.items())}
    font_hashes = {path: sha256(content) for path, content in sorted(fonts.items())}
    version = sha256(json.dumps([hashes, font_hashes]).encode())[:16]
    worker = encode(render_service_worker(version, hashes, font_hashes))
    # The report is for readers with time and a connection: the service worker does not keep it.
    return core | fonts | worker | encode(report) | {MARKER_FILE: f"{version}\n".encode()}, sizes


def encode(texts: dict[str, str]) -> dict[str, bytes]:
    """Return {path: UTF-8 bytes}."""
    return {path: text.encode() for path, text in texts.items()}


def check_output(out: Path) -> None:
    """Refuse to replace what this module did not write.

    Raises:
        OutputError: if `out` is a file, or a folder that is neither empty nor a site.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{str(out)!r} is not a folder: name another one with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARKER_FILE).is_file():
        raise OutputError(f"The folder {str(out)!r} holds files that `invoke site` did not write, and would be "
                          "replaced: name another one with --out, or empty it.")


def write_folder(files: dict[str, bytes], out: Path) -> None:
    """Replace the folder `out` by these files, whole: on failure what was there before stays."""
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


def build_site(model_dir: Path, out: Path, variant: str = "strict.int8") -> dict[str, Any]:
    """Build the site of a model into `out` and return {out, variant, files, bytes, raw_bytes, gzip_bytes, font_bytes}.

    `bytes` counts all files; `raw_bytes` and `gzip_bytes` what a first visit downloads before any glyph of the font.

    Raises:
        KakitoriError: if the model cannot be used, npm fails, or `out` is not ours to replace; `out` is untouched then.
    """
    out = Path(os.path.abspath(out))
    check_output(out)
    files, sizes = gather_site(Path(model_dir), variant, ensure_packages())
    write_folder(files, out)
    return {"out": str(out), "variant": variant, "files": len(files), "bytes": sum(map(len, files.values())), **sizes}
