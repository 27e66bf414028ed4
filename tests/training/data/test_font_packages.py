"""The table of fonts, and the download of its packages from npm: pinned, and fetched once."""

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from kakitori.errors import DataError
from training.data.fonts.faces import package_faces
from training.data.fonts.packages import fetch_packages, needed_files, package_folder
from training.data.fonts.table import FONT_PACKAGES, FontPackage, is_font_set
from training.data.prepared import SPLITS

PLAIN = FontPackage("Plain", "plain", (400, 700), "pen", "Somebody", "")
OTHER = replace(PLAIN, name="other")


def archive_of(package):
    """Return a package's archive whose files hold their own names, and one file that is not used."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name in [*needed_files(package), "plain-cyrillic-400-normal.woff2"]:
            entry = tarfile.TarInfo(f"package/{name}" if name == "LICENSE" else f"package/files/{name}")
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))
    return content.getvalue()


ARCHIVES = {package.spec: archive_of(package) for package in (PLAIN, OTHER)}


def pinned(package):
    """Return the package with the integrity of its archive."""
    digest = hashlib.sha512(ARCHIVES[package.spec]).digest()
    return replace(package, integrity=base64.b64encode(digest).decode())


class Npm:
    """Imitates `npm pack` and records its arguments; it fails for a package that it does not have."""

    def __init__(self, *known):
        self.known, self.asked = [package.spec for package in known], []

    def __call__(self, arguments):
        *_, folder, spec = arguments
        self.asked.append(spec)
        if spec not in self.known:
            return 1, "", "npm error code ENOTFOUND\nnpm error network"
        Path(folder, "archive.tgz").write_bytes(ARCHIVES[spec])
        return 0, json.dumps([{"filename": "archive.tgz"}]), ""


@pytest.fixture(autouse=True)
def _with_a_cache_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("KAKITORI_CACHE", str(tmp_path))


def test_only_the_needed_files_are_kept():
    package = pinned(PLAIN)
    fetch_packages([package], Npm(package))
    assert sorted(path.name for path in package_folder(package).iterdir()) == sorted(needed_files(package))
    first, second = package_faces([package])
    assert (first.name, second.name) == ("Plain 400", "Plain 700")
    assert first.paths[0].read_text() == "plain-japanese-400-normal.woff2"


def test_fetched_packages_are_not_fetched_again():
    npm, packages = Npm(PLAIN, OTHER), [pinned(PLAIN), pinned(OTHER)]
    fetch_packages(packages[:1], npm)
    fetch_packages(packages, npm)
    fetch_packages(packages, npm)
    assert npm.asked == [PLAIN.spec, OTHER.spec]


def test_without_a_network_the_error_names_the_package_and_the_flag_for_own_fonts():
    npm = Npm(PLAIN)
    with pytest.raises(DataError, match=r"could not fetch @fontsource/other@.*ENOTFOUND npm error network\).*--from"):
        fetch_packages([pinned(PLAIN), pinned(OTHER)], npm)
    assert package_folder(PLAIN).exists()


def test_an_archive_with_another_digest_is_refused():
    with pytest.raises(DataError, match=r"@fontsource/plain@.* has the SHA-512 .*, expected wrong: the registry"):
        fetch_packages([replace(PLAIN, integrity="wrong")], Npm(PLAIN))
    assert not package_folder(PLAIN).exists()


def test_every_row_of_the_table_is_pinned_and_both_kinds_are_held_out():
    for package in FONT_PACKAGES:
        assert len(base64.b64decode(package.integrity)) == 64, package.name
        assert package.split in SPLITS
    held_out = {(package.split, package.style.split("-")[0]) for package in FONT_PACKAGES}
    assert {(split, kind) for split in SPLITS for kind in ("print", "pen")} <= held_out


def test_sets_of_fonts_are_known_by_name():
    assert [is_font_set(name) for name in ("fonts", "fonts-wide", "fontset", "ink")] == [True, True, False, False]
