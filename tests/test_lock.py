"""The lock file has every requirement of pyproject.toml, with hashes, and names no registry."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENTRY = re.compile(r"^(\S+)==(\S+)(?: ; [^\\]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def lock(root):
    return (root / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def requirements(root):
    """All requirements of the project, of every extra and of the build."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    lists = pyproject["build-system"]["requires"], project["dependencies"], *project["optional-dependencies"].values()
    found = [Requirement(text) for texts in lists for text in texts]
    return [requirement for requirement in found if requirement.name != "kakitori"]


def test_the_lock_has_a_fitting_version_of_every_requirement(lock, requirements):
    versions = {}
    for name, version, _ in ENTRY.findall(lock):
        versions.setdefault(name, []).append(version)
    for requirement in requirements:
        found = versions.get(canonicalize_name(requirement.name), [])
        assert found, f"{requirement.name} is not in requirements.lock: run the command in its first lines."
        assert all(version in requirement.specifier for version in found), f"{requirement} is locked as {found}"


def test_every_locked_package_has_hashes(lock):
    entries = ENTRY.findall(lock)
    assert len(entries) == len([line for line in lock.splitlines() if line and line[0] not in "# "])
    assert [name for name, _, hashes in entries if not hashes] == []


def test_the_lock_names_no_address_and_its_own_command(lock):
    assert not re.search(r"://|file:|--index|--extra-index|--find-links", lock)
    assert re.search(r"^#    uv pip compile pyproject\.toml .*--output-file requirements\.lock$", lock, re.MULTILINE)
