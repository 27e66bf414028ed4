"""The built folder: complete, reproducible, and unchanged if the build fails."""

import hashlib
import json
import os
import re

import pytest

from kakitori.errors import ModelError
from web.build import MARKER_FILE, build_site, download_sizes, read_folder, write_folder
from web.errors import OutputError, SiteError
from web.render import render_pages

WANTED = (
    "index.html",
    "sw.js",
    "favicon.svg",
    "page/page.js",
    "page/paper.css",
    "kakitori/index.js",
    "kakitori/pad.js",
    "kakitori/worker/worker.js",
    "kakitori/shared/ink.js",
    "kakitori/ort/ort.wasm.min.mjs",
    "kakitori/ort/ort-wasm-simd-threaded.mjs",
    "kakitori/ort/ort-wasm-simd-threaded.wasm",
    "kakitori/ort/LICENSE.txt",
    "model/config.json",
    "model/mapping.json",
    "model/manifest.json",
    "model/onnx/strict.int8.onnx",
    "fonts/klee-one.css",
    "licences/index.html",
    "licences/onnxruntime-web.txt",
    "licences/klee-one.txt",
    "licences/kanjivg.txt",
)


def test_the_site_has_all_its_files(built_site):
    files = read_folder(built_site)
    assert set(WANTED) <= files.keys()
    assert "model/onnx/strict.fp32.onnx" not in files
    assert [row["variant"] for row in json.loads(files["model/manifest.json"])["files"]] == ["strict.int8"]
    assert b"MIT License" in files["licences/onnxruntime-web.txt"]
    assert b"SIL OPEN FONT LICENSE" in files["licences/klee-one.txt"]
    assert b"Share Alike 3.0" in files["licences/kanjivg.txt"]


def test_two_builds_have_the_same_bytes(model_dir, tmp_path):
    summaries = [build_site([model_dir], tmp_path / name) for name in ("a", "b")]
    assert read_folder(tmp_path / "a") == read_folder(tmp_path / "b")
    assert summaries[0] | {"out": ""} == summaries[1] | {"out": ""}
    assert summaries[0]["files"] == len(read_folder(tmp_path / "a"))
    assert 0 < summaries[0]["gzip_bytes"] < summaries[0]["raw_bytes"] < summaries[0]["bytes"]


def test_pages_have_no_inline_scripts_or_styles_and_no_other_origins(built_site):
    for path in ("index.html", "licences/index.html"):
        html = (built_site / path).read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), path
        assert not re.search(r"(?:src|<link[^>]*href)=\"(?:https?:)?/", html), "everything is relative"
        assert "pen <&> paper" not in html, "names from the model are escaped"
    assert "pen &lt;&amp;&gt; paper" in (built_site / "index.html").read_text(encoding="utf-8")


def test_local_links_have_a_target(built_site):
    for page in ("index.html", "licences/index.html"):
        html = re.sub("<pre.*?</pre>", "", (built_site / page).read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r'(?:href|src)="(?!https:)([^"]+)"', html):
            assert ((built_site / page).parent / link).exists(), f"{page} -> {link}"


def listed_files(site) -> dict[str, dict[str, str]]:
    """The service worker's lists of files with their hashes, by name."""
    script = (site / "sw.js").read_text(encoding="utf-8")
    return {
        name: json.loads(re.search(rf"const {name} = (\{{.*?\}});", script, re.DOTALL)[1])
        for name in ("CORE", "CHOSEN", "EXTRA")
    }


def test_the_service_worker_lists_every_file_and_its_hash(built_site):
    listed = {path: digest for files in listed_files(built_site).values() for path, digest in files.items()}
    files = read_folder(built_site)
    unlisted = {"sw.js", MARKER_FILE}
    assert listed == {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path not in unlisted
    }


def test_any_change_of_a_file_gives_a_new_version(model_dir, tmp_path):
    version = lambda: (tmp_path / "dist" / MARKER_FILE).read_text()  # noqa: E731
    build_site([model_dir], tmp_path / "dist")
    before = version()
    build_site([model_dir], tmp_path / "dist", "strict.fp32")
    assert version() != before
    assert (tmp_path / "dist/model/onnx/strict.fp32.onnx").exists()
    assert not (tmp_path / "dist/model/onnx/strict.int8.onnx").exists(), "nothing of the old build is left"


def test_rendering_needs_every_fact():
    with pytest.raises(Exception, match="is undefined"):
        render_pages({})


def select_of(html: str) -> list[tuple[str, str]]:
    """The models that a page lets choose: (folder, words)."""
    select = re.search('<select id="model".*?</select>', html, re.DOTALL)
    return re.findall(r'<option value="(.*?)">(.*?)</option>', select[0]) if select else []


def test_one_model_needs_no_choice(built_site):
    assert select_of((built_site / "index.html").read_text(encoding="utf-8")) == []


def test_a_page_of_several_models_has_all_of_them_and_a_choice(model_dir, wide_dir, tmp_path):
    build_site([model_dir, wide_dir], tmp_path / "dist")
    folders, words = zip(*select_of((tmp_path / "dist/index.html").read_text(encoding="utf-8")), strict=True)
    assert folders == ("model/", "models/wide/")
    assert words == ("3,036 characters, 0.0 MB", "6,629 characters, 0.0 MB")
    for folder, charset in zip(folders, ("etl9g", "wide"), strict=True):
        assert json.loads((tmp_path / "dist" / folder / "manifest.json").read_bytes())["charset"] == charset
        assert (tmp_path / "dist" / folder / "onnx/strict.int8.onnx").is_file()


def test_a_further_model_is_no_part_of_the_first_visit(model_dir, wide_dir, tmp_path):
    one, two = (build_site(models, tmp_path / "dist") for models in ([model_dir], [model_dir, wide_dir]))
    assert two["raw_bytes"] - one["raw_bytes"] < (wide_dir / "mapping.json").stat().st_size / 10
    assert two["bytes"] - one["bytes"] > (wide_dir / "mapping.json").stat().st_size / 10
    kept = listed_files(tmp_path / "dist")
    assert {path for path in kept["CHOSEN"]} == {
        f"models/wide/{name}" for name in ("config.json", "mapping.json", "manifest.json", "onnx/strict.int8.onnx")
    }
    assert kept["CHOSEN"].keys().isdisjoint(kept["CORE"])


def test_models_of_the_same_name_are_refused(model_dir, tmp_path):
    with pytest.raises(SiteError, match=r"Two models have the same name \(model, model\)"):
        build_site([model_dir, model_dir], tmp_path / "dist")


@pytest.mark.parametrize("damage", ["missing", "truncated", "other"])
def test_a_damaged_network_leaves_the_old_site(model_dir, tmp_path, damage):
    build_site([model_dir], tmp_path / "dist")
    before = read_folder(tmp_path / "dist")
    network = model_dir / "onnx/strict.int8.onnx"
    if damage == "missing":
        network.unlink()
    else:
        network.write_bytes(network.read_bytes()[:-3] + (b"xyz" if damage == "other" else b""))
    with pytest.raises(ModelError, match=r"strict\.int8\.onnx .*invoke export"):
        build_site([model_dir], tmp_path / "dist")
    assert read_folder(tmp_path / "dist") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_missing_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no model directory"):
        build_site([tmp_path / "nothing"], tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("name", ["mapping.json", "manifest.json"])
def test_a_missing_file_is_refused(model_dir, tmp_path, name):
    (model_dir / name).unlink()
    with pytest.raises(ModelError, match=f"{name} does not exist"):
        build_site([model_dir], tmp_path / "dist")


def test_a_link_in_a_model_directory_is_not_followed_out_of_it(model_dir, tmp_path):
    secret = tmp_path / "secret"
    (model_dir / "onnx").rename(secret)
    (model_dir / "onnx").symlink_to(secret)
    with pytest.raises(ModelError, match=r"strict\.int8\.onnx' leads out of '.*model', expected a file in it"):
        build_site([model_dir], tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    "file", ["../outside.onnx", "/etc/passwd", "onnx/../../x.onnx", "onnx/a.onnx\n", "config.json"]
)
def test_a_manifest_that_names_a_file_elsewhere_is_refused(model_dir, tmp_path, file):
    path = model_dir / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][1]["file"] = file
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.json, field files\[1\]\.file: expected .*, found "):
        build_site([model_dir], tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_a_folder_with_other_files_is_not_replaced(model_dir, tmp_path):
    out = tmp_path / "precious"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="holds files that `invoke site` did not write"):
        build_site([model_dir], out)
    assert (out / "thesis.txt").read_text() == "years of work"
    with pytest.raises(OutputError, match="is not a folder"):
        build_site([model_dir], out / "thesis.txt")


def test_a_link_to_a_site_is_not_replaced(built_site, model_dir, tmp_path):
    (tmp_path / "link").symlink_to(built_site)
    with pytest.raises(OutputError, match="is not a folder"):
        build_site([model_dir], tmp_path / "link")


def test_the_old_folder_returns_where_the_new_one_cannot_be_put(tmp_path, monkeypatch):
    out, rename = tmp_path / "dist", os.rename
    write_folder({"a": b"old"}, out)

    def refuse_the_new(source, target):
        if source.name == "new":
            raise PermissionError("refused")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse_the_new)
    with pytest.raises(PermissionError, match="refused"):
        write_folder({"a": b"new"}, out)
    assert read_folder(tmp_path) == {"dist/a": b"old"}


def test_licence_texts_are_no_part_of_a_first_visit():
    sizes = download_sizes({"index.html": b"123", "licences/a.txt": b"12345"}, {"fonts/a": b"1"})
    assert (sizes["raw_bytes"], sizes["font_bytes"]) == (3, 1)


def test_an_empty_folder_is_used(model_dir, tmp_path):
    (tmp_path / "dist").mkdir()
    build_site([model_dir], tmp_path / "dist")
    assert (tmp_path / "dist/index.html").is_file()
