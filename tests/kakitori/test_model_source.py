"""Where `Recognizer.load` finds a model: the package, a directory, and the Hugging Face Hub through its own library.

The Hub is a folder laid out as the library's cache, read offline, or a small HTTP server in place of the real one.
"""

import hashlib
import json
import os
import shutil
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from kakitori import Recognizer, model_directory
from kakitori.errors import ModelError
from kakitori.model_source import model_folder

LINE = [[[10, 10], [90, 10]]]
MODEL, COMMIT = "someone/kanji", "0123456789abcdef0123456789abcdef01234567"
FILES = ("config.json", "mapping.json", "manifest.json", "onnx/strict.int8.onnx")


def test_an_installed_package_has_its_model_beside_its_modules(shipped_model, tmp_path, monkeypatch):
    assert model_directory.default_model() == shipped_model
    monkeypatch.setattr(model_directory, "EMBEDDED_MODEL", tmp_path)
    assert model_directory.default_model() == tmp_path


@pytest.mark.parametrize("source", ["", 7, b"models/kanji", object])
def test_what_is_no_source_of_a_model_is_refused(source):
    with pytest.raises(ModelError, match=r"^The model is .*: expected a directory, or the id owner/name of a model"):
        Recognizer.load(source)


@pytest.mark.parametrize("source", ["nowhere", "a/b/c", "./a", "../a", "/no/where", "a/..", Path("someone/kanji")])
def test_a_path_without_a_directory_is_refused(source):
    with pytest.raises(ModelError, match=r"^There is no model directory '.*': expected a directory, or the id"):
        Recognizer.load(source)


def test_a_directory_has_no_revision(shipped_model):
    with pytest.raises(ModelError, match="Revision 'main' does not go with the model"):
        Recognizer.load(shipped_model, revision="main")


def test_a_model_on_the_hub_needs_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r'no model directory \'someone/kanji\'; .*install "kakitori\[hub\]"$'):
        Recognizer.load(MODEL)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The Hub's library, offline and with an empty cache."""
    library = pytest.importorskip("huggingface_hub", reason='needs pip install -e ".[hub]"')
    pytest.importorskip("huggingface_hub.constants")  # which the package itself imports when it is used
    monkeypatch.setattr(library.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(library.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    return library


@pytest.fixture
def go_online(hub, monkeypatch):
    """Return a function that lets the Hub's library ask a server at a port of this machine."""

    def go(port):
        endpoint = f"http://127.0.0.1:{port}"
        monkeypatch.setattr(hub, "snapshot_download", partial(hub.snapshot_download, endpoint=endpoint))
        monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)

    return go


@pytest.fixture
def cached(hub, shipped_model):
    """A cache with the shipped model: snapshots of links to files that are named after their content."""
    repository = Path(hub.constants.HF_HUB_CACHE) / "models--someone--kanji"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "blobs").mkdir()
    for name in FILES:
        blob = repository / "blobs" / hashlib.sha256((shipped_model / name).read_bytes()).hexdigest()
        shutil.copyfile(shipped_model / name, blob)
        link = repository / "snapshots" / COMMIT / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return repository


@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_cached_files_are_read_without_the_network(cached, revision):
    assert Recognizer.load(MODEL, revision=revision).recognize(LINE).candidates[0].char == "一"


def test_the_copies_of_cached_files_are_deleted(cached):
    with model_folder(MODEL, "strict.int8") as folder:
        assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == sorted(FILES)
        assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert not folder.exists()


def test_a_directory_is_preferred_to_a_model_on_the_hub(hub, shipped_model, tmp_path):
    shutil.copytree(shipped_model, tmp_path / MODEL)
    assert Recognizer.load(MODEL).recognize(LINE).candidates[0].char == "一"


@pytest.mark.parametrize("variant", ["strict.int3", "../../config", "*"])
def test_a_variant_that_the_model_lacks_is_refused_with_the_others(cached, variant):
    with pytest.raises(ModelError, match=r"no variant '.*': choose one of .*strict\.int8"):
        Recognizer.load(MODEL, variant)


def test_a_damaged_file_in_the_cache_is_refused(cached):
    (cached / "snapshots" / COMMIT / "onnx/strict.int8.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"someone/kanji/onnx/strict\.int8\.onnx has the size 5"):
        Recognizer.load(MODEL)


UNREACHABLE = (
    r"^There is no model directory 'someone/kanji', and the Hugging Face Hub does not give the model \(.*\)\.$"
)


def test_a_model_that_is_not_cached_is_one_sentence_offline(hub):
    with pytest.raises(ModelError, match=UNREACHABLE):
        Recognizer.load(MODEL)


def test_a_hub_that_cannot_be_reached_is_one_sentence(go_online):
    go_online(port=9)  # discard: nothing listens there
    with pytest.raises(ModelError, match=UNREACHABLE):
        Recognizer.load(MODEL)


class Hub(BaseHTTPRequestHandler):
    """The requests for one model: what its revision is, which files it has, and their content."""

    def __init__(self, folder, requested, *args):
        self.folder, self.requested = folder, requested
        super().__init__(*args)

    def do_GET(self):
        path = urlsplit(self.path).path
        files = {name: (self.folder / name).read_bytes() for name in (*FILES, "README.md")}
        entries = [
            {"type": "file", "path": n, "size": len(c), "oid": hashlib.sha1(c).hexdigest()} for n, c in files.items()
        ]
        documents = {
            f"/api/models/{MODEL}/revision/main": {"id": MODEL, "sha": COMMIT,
                                                   "siblings": [{"rfilename": name} for name in files]},
            f"/api/models/{MODEL}/tree/{COMMIT}": entries,
        }  # fmt: skip
        prefix = f"/{MODEL}/resolve/{COMMIT}/"
        if path in documents:
            content = json.dumps(documents[path]).encode()
        elif path.removeprefix(prefix) in files:
            content = files[path.removeprefix(prefix)]
            self.requested.append(path.removeprefix(prefix))
        else:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


def test_only_the_files_of_a_variant_are_fetched_and_then_cached(hub, go_online, shipped_model, monkeypatch):
    requested = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, shipped_model, requested)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        go_online(server.server_port)
        assert Recognizer.load(MODEL).recognize(LINE).candidates[0].char == "一"
        server.shutdown()
    assert set(requested) == set(FILES)
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    assert Recognizer.load(MODEL).recognize(LINE).candidates[0].char == "一"
