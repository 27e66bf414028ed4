"""The lock file, and the installation of its packages."""

import json
import sys
from pathlib import Path

import pytest

from web import npm
from web.errors import PackagesError

LOCK = Path("web/package-lock.json")


def test_every_locked_package_has_a_hash_and_no_address():
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    rows = npm.integrities(lock)
    assert {"node_modules/onnxruntime-web", "node_modules/@fontsource/klee-one"} <= rows.keys()
    assert all(value.startswith("sha512-") for value in rows.values())
    assert "resolved" not in LOCK.read_text(encoding="utf-8")


def test_versions_are_pinned():
    package = json.loads(Path("web/package.json").read_text(encoding="utf-8"))
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert package["dependencies"] == locked[""]["dependencies"]
    for name, version in package["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version


@pytest.fixture
def web_dir(tmp_path):
    """A folder with a lock file of one package, installed."""
    rows = {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"}}
    (tmp_path / "node_modules/a").mkdir(parents=True)
    (tmp_path / npm.LOCK_FILE).write_text(json.dumps({"packages": {"": {}, **rows}}))
    (tmp_path / npm.INSTALLED_FILE).write_text(json.dumps({"packages": rows}))
    return tmp_path


def test_installed_packages_are_not_installed_again(web_dir, monkeypatch):
    monkeypatch.setattr(npm, "npm_command", lambda: pytest.fail("npm was run"))
    assert npm.ensure_packages(web_dir) == web_dir / "node_modules"


@pytest.mark.parametrize("damage", ["other version", "no record", "half a record", "missing folder"])
def test_packages_that_differ_from_the_lock_file_are_installed_again(web_dir, damage):
    record = web_dir / npm.INSTALLED_FILE
    if damage == "other version":
        record.write_text(record.read_text().replace("sha512-a", "sha512-b"))
    elif damage == "no record":
        record.unlink()
    elif damage == "half a record":
        record.write_text(record.read_text()[:20])
    else:
        (web_dir / "node_modules/a").rmdir()
    assert not npm.is_installed(web_dir)


def test_npm_that_fails_is_quoted(web_dir, monkeypatch):
    (web_dir / npm.INSTALLED_FILE).unlink()
    script = "import sys; sys.exit('the network is down')"
    monkeypatch.setattr(npm, "npm_command", lambda: [sys.executable, "-c", script])
    with pytest.raises(PackagesError, match=r"ended with status 1: check the network.*the network is down"):
        npm.ensure_packages(web_dir)
