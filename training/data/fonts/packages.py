"""Fetches the packages of the font table through npm, once, into the cache.

    <cache>/fonts/<package>-<version>/    the woff2 files of the weights in use, and LICENSE
"""

import base64
import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import track

from kakitori.errors import DataError
from kakitori.files import replacing
from kakitori.npm import npm_command
from training.data.fonts.table import SUBSETS, FontPackage
from training.ink.kanjivg import cache_folder

LICENCE_FILE = "LICENSE"
# No second try takes a minute: who is offline should hear of it.
NPM_PACK = ("pack", "--json", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
INSIDE = "package"  # the folder that everything in an npm package lies in
HINT = "Check the network and run again, it goes on where it stopped; or name a folder of your own fonts with --from."

Npm = Callable[[Sequence[str]], tuple[int, str, str]]  # arguments -> status, what it printed, what it complained about


def run_npm(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Return npm's exit status, and what it wrote to standard output and standard error."""
    done = subprocess.run([*npm_command(), *arguments], capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def needed_files(package: FontPackage) -> list[str]:
    """Return the names of the files that a package is fetched for."""
    fonts = [package.file(subset, weight) for weight in package.weights for subset in SUBSETS]
    return [*fonts, LICENCE_FILE]


def package_folder(package: FontPackage) -> Path:
    """Return where the files of a package lie once they are fetched."""
    return cache_folder() / "fonts" / f"{package.name}-{package.version}"


def fetch_packages(packages: Sequence[FontPackage], npm: Npm = run_npm) -> None:
    """Fetch the packages that are not there yet; an interrupted run goes on where it stopped.

    Raises:
        DataError: if npm cannot fetch one, or its content is not the one that the table pins.
    """
    missing = [p for p in packages if not all((package_folder(p) / name).is_file() for name in needed_files(p))]
    for package in track(missing, "Fetching fonts", disable=not missing):
        with TemporaryDirectory() as folder:
            unpack(package, download(package, Path(folder), npm))


def download(package: FontPackage, folder: Path, npm: Npm) -> Path:
    """Return the package's archive, fetched into a folder and compared with the table.

    Raises:
        DataError: as `fetch_packages`.
    """
    status, printed, complaint = npm([*NPM_PACK, "--pack-destination", str(folder), package.spec])
    if status:
        words = " ".join(complaint.split())[:200]  # its code comes first
        raise DataError(f"npm could not fetch {package.spec} (status {status}: {words}). {HINT}")
    archive = folder / json.loads(printed)[0]["filename"]
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise DataError(
            f"{package.spec} has the SHA-512 {found}, expected {package.integrity}: the registry that npm asks gives "
            "another file under this name; see `npm config get registry`."
        )
    return archive


def unpack(package: FontPackage, archive: Path) -> None:
    """Write the needed files of an archive into the package's folder, each whole."""
    with tarfile.open(archive) as content:
        for name in needed_files(package):
            inside = f"{INSIDE}/{name}" if name == LICENCE_FILE else f"{INSIDE}/files/{name}"
            with replacing(package_folder(package) / name) as temporary:
                temporary.write_bytes(content.extractfile(inside).read())
