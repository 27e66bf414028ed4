"""Fetch the packages of the font table with npm into the cache folder.

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

from kakitori.errors import DataError
from kakitori.files import replacing
from kakitori.folders import cache_folder
from kakitori.npm import npm_command
from training.data.fonts.table import SUBSETS, FontPackage
from training.progress.display import track

LICENCE_FILE = "LICENSE"
# One short retry, so that the error message of a machine without network does not take a minute.
NPM_PACK = ("pack", "--json", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
INSIDE = "package"  # top folder of an npm archive
HINT = "Check the network and run again, which resumes the download; or name a folder of your own fonts with --from."

Npm = Callable[[Sequence[str]], tuple[int, str, str]]  # arguments -> exit status, standard output, standard error


def run_npm(arguments: Sequence[str]) -> tuple[int, str, str]:
    """Return npm's exit status, and what it wrote to standard output and standard error."""
    done = subprocess.run([*npm_command(), *arguments], capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


def needed_files(package: FontPackage) -> list[str]:
    """Return the names of the files that are used of a package."""
    fonts = [package.file(subset, weight) for weight in package.weights for subset in SUBSETS]
    return [*fonts, LICENCE_FILE]


def package_folder(package: FontPackage) -> Path:
    """Return the folder of a fetched package in the cache."""
    return cache_folder() / "fonts" / f"{package.name}-{package.version}"


def fetch_packages(packages: Sequence[FontPackage], npm: Npm = run_npm) -> None:
    """Fetch the packages that the cache lacks; an interrupted run is resumed.

    Raises:
        DataError: if npm cannot fetch one, or its SHA-512 is not the one in the table.
    """
    missing = [p for p in packages if not all((package_folder(p) / name).is_file() for name in needed_files(p))]
    for package in track(missing, "Fetching fonts", unit="packages"):
        with TemporaryDirectory() as folder:
            unpack(package, download(package, Path(folder), npm))


def download(package: FontPackage, folder: Path, npm: Npm) -> Path:
    """Return the path of the package's archive, fetched into a folder and compared with the table.

    Raises:
        DataError: as `fetch_packages`.
    """
    status, printed, complaint = npm([*NPM_PACK, "--pack-destination", str(folder), package.spec])
    if status:
        words = " ".join(complaint.split())[:200]  # begins with npm's error code
        raise DataError(f"npm could not fetch {package.spec} (status {status}: {words}). {HINT}")
    archive = folder / json.loads(printed)[0]["filename"]
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise DataError(
            f"{package.spec} has the SHA-512 {found}, expected {package.integrity}: the registry that npm uses has "
            "another file under this name; see `npm config get registry`."
        )
    return archive


def unpack(package: FontPackage, archive: Path) -> None:
    """Write the files in use of an archive to the package's folder."""
    with tarfile.open(archive) as content:
        for name in needed_files(package):
            inside = f"{INSIDE}/{name}" if name == LICENCE_FILE else f"{INSIDE}/files/{name}"
            file = content.extractfile(inside)
            assert file is not None  # the SHA-512 is that of an archive in which it is a file
            with replacing(package_folder(package) / name) as temporary:
                temporary.write_bytes(file.read())
