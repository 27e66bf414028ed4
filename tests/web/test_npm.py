"""The lock file, and the installation of its packages."""

import json
import sys
from pathlib import Path

import pytest

from web import npm
from web.errors import PackagesError

LOCK = Path("web/package-lock.json")
SITE = {"node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"}}
DEVELOPMENT = {"node_modules/b": {"version": "1.0.0", "integrity": "sha512-b", "dev": True}}


def test_every_locked_package_has_a_hash_and_no_address():
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    rows = npm.integrities(lock)
    assert {"node_modules/onnxruntime-web", "node_modules/@fontsource/klee-one"} <= rows.keys()
    assert all(value.startswith("sha512-") for value in rows.values())
    assert "resolved" not in LOCK.read_text(encoding="utf-8")


def test_versions_are_pinned():
    package = json.loads(Path("web/package.json").read_text(encoding="utf-8"))
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert package[kind] == locked[""][kind]
        for name, version in package[kind].items():
            assert locked[f"node_modules/{name}"]["version"] == version


def test_the_site_needs_no_package_of_development():
    rows = npm.integrities(json.loads(LOCK.read_text(encoding="utf-8")), development=False)
    assert "node_modules/onnxruntime-web" in rows
    assert not {"node_modules/eslint", "node_modules/typescript"} & rows.keys()


@pytest.fixture
def web_dir(tmp_path):
    """A folder with a lock file of a package and one of development, of which the first is installed."""
    (tmp_path / "node_modules/a").mkdir(parents=True)
    (tmp_path / npm.LOCK_FILE).write_text(json.dumps({"packages": {"": {}, **SITE, **DEVELOPMENT}}))
    (tmp_path / npm.INSTALLED_FILE).write_text(json.dumps({"packages": SITE}))
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


def test_packages_of_development_are_missing_until_they_are_installed_and_then_left_alone(web_dir):
    assert npm.is_installed(web_dir)
    assert not npm.is_installed(web_dir, development=True)
    (web_dir / "node_modules/b").mkdir()
    (web_dir / npm.INSTALLED_FILE).write_text(json.dumps({"packages": SITE | DEVELOPMENT}))
    assert npm.is_installed(web_dir)
    assert npm.is_installed(web_dir, development=True)


@pytest.mark.parametrize(
    ("development", "arguments"), [(False, ["ci", "--omit=dev"]), (True, ["install", "--no-save"])]
)
def test_only_a_check_installs_the_packages_of_development(web_dir, monkeypatch, development, arguments):
    (web_dir / npm.INSTALLED_FILE).unlink()
    script = "import pathlib, sys; pathlib.Path('arguments').write_text(' '.join(sys.argv[1:]))"
    monkeypatch.setattr(npm, "npm_command", lambda: [sys.executable, "-c", script])
    npm.ensure_packages(web_dir, development=development)
    assert (web_dir / "arguments").read_text().split()[:2] == arguments
    assert "--ignore-scripts" in (web_dir / "arguments").read_text()


def test_the_error_quotes_npm(web_dir, monkeypatch):
    (web_dir / npm.INSTALLED_FILE).unlink()
    script = "import sys; sys.exit('the network is down')"
    monkeypatch.setattr(npm, "npm_command", lambda: [sys.executable, "-c", script])
    with pytest.raises(PackagesError, match=r"ended with status 1: check the network.*the network is down"):
        npm.ensure_packages(web_dir)
