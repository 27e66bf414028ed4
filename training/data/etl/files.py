"""Find the files of the ETL database below a folder, and check that they are complete and unique."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kakitori.errors import DataError, check_choice
from training.data.etl.codes import CO59_FILE, CO59_SOURCE
from training.data.etl.formats import DATASETS, LAYOUTS, EtlSet
from training.data.etl.reader import count_samples


@dataclass
class Problems:
    """The problems of the input: the first one ends the run, or all are listed where bad input is skipped."""

    skip: bool
    listed: list[str] = field(default_factory=list)

    def add(self, reason: str, file: str, record: int | None = None, offset: int | None = None) -> None:
        """Record a problem of a file, or of one record (counted from 0) and its byte offset.

        Raises:
            DataError: naming file, record and offset, unless bad input is skipped.
        """
        place = file if record is None else f"{file}, record {record:,} at byte {offset:,}"
        if not self.skip:
            raise DataError(f"{place}: {reason} (--skip-bad leaves it out.)")
        self.listed.append(f"{place}: {reason}")


@dataclass(frozen=True)
class EtlFile:
    """A file of an ETL set."""

    path: Path
    name: str  # path below the searched folder, with slashes
    etl_set: EtlSet
    number: int  # among the set's files, from 0
    samples: int


def canonical(name: str) -> str:
    """Return a file name in the spelling that names are compared in: ETL9G_1 for etl9g-01, ETL8B2_1 for ETL8B2C1."""
    name = re.sub(r"^ETL8B2C(?=\d$)", "ETL8B2_", name.upper().replace("-", "_"))
    return re.sub(r"_0*(?=\d+$)", "_", name)


def find_files(folder: Path, sets: Mapping[str, EtlSet], problems: Problems) -> list[EtlFile]:
    """Return the files of the sets at any depth below a folder, in the order of the sets; case is ignored.

    Raises:
        DataError: if the folder does not exist or holds no such file; and through `problems`.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {str(folder)!r}: name the one with the ETL files with --etl-dir.")
    paths = _paths(folder, problems)
    found = []
    for etl_set in sets.values():
        for number, (name, _) in enumerate(etl_set.files):
            candidates = paths.get(canonical(name), [])
            if len(candidates) > 1:
                names = ", ".join(path.relative_to(folder).as_posix() for path in candidates)
                problems.add(f"{len(candidates)} files have this name ({names}): keep one.", name)
            for path in candidates if len(candidates) == 1 else []:
                found += _open(path, folder, etl_set, number, problems)
    if not found:
        raise DataError(
            f"{folder} holds no readable file of the ETL database, such as ETL9G_01: get the files from "
            "http://etlcdb.db.aist.go.jp and unpack them there."
        )
    return found


def _paths(folder: Path, problems: Problems) -> dict[str, list[Path]]:
    def unreadable(error: OSError) -> None:
        problems.add(f"the folder cannot be read ({error.strerror}).", Path(error.filename).as_posix())

    paths: dict[str, list[Path]] = {}
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in sorted(names):
            paths.setdefault(canonical(name), []).append(Path(parent) / name)
    return paths


def _open(path: Path, folder: Path, etl_set: EtlSet, number: int, problems: Problems) -> list[EtlFile]:
    name, record_bytes = path.relative_to(folder).as_posix(), LAYOUTS[etl_set.layout].record_bytes
    try:
        samples, over = count_samples(path, etl_set)
    except DataError as problem:
        problems.add(str(problem), name)
        return []
    if over or not samples:
        end = (samples + etl_set.dummies) * record_bytes
        problems.add(
            f"{over:,} bytes are left over where a record of {record_bytes:,} should follow: the file is cut short, or "
            f"not one of {etl_set.name.upper()}. Copy it again.", name, samples, end,
        )  # fmt: skip
    return [EtlFile(path, name, etl_set, number, samples)] if samples else []


def choose_sets(files: list[EtlFile], dataset: str | None) -> tuple[str, list[EtlFile], list[str]]:
    """Return the data set to make of the files, the files that belong to it, and the names of the sets left out.

    A binary set is left out where the grey set of the same sheets is among the files.

    Args:
        dataset: one of DATASETS; None for the smallest that all files belong to.

    Raises:
        DataError: if no file belongs to the data set.
        KakitoriError: for an unknown data set, listing the known ones.
    """
    found = dict.fromkeys(file.etl_set.name for file in files)
    if dataset is None:
        dataset = next(name for name, members in DATASETS.items() if set(found) <= set(members))
    members = DATASETS[check_choice("dataset", dataset, DATASETS)]
    chosen = [file for file in files if file.etl_set.name in members and file.etl_set.replaced_by not in found]
    if not chosen:
        raise DataError(f"{dataset} is made of {', '.join(members)}: found only {', '.join(found)}.")
    return dataset, chosen, [name for name in found if name not in {file.etl_set.name for file in chosen}]


def check_complete(files: list[EtlFile], problems: Problems) -> set[str]:
    """Return the names of the sets with all files and all samples; report the others as problems."""
    complete = set()
    for etl_set in dict.fromkeys(file.etl_set for file in files):
        mine = {file.number: file for file in files if file.etl_set == etl_set}
        missing = [name for number, (name, _) in enumerate(etl_set.files) if number not in mine]
        if missing:
            count = f"{len(missing)} of {len(etl_set.files)} files are missing"
            problems.add(f"{count}: {', '.join(missing)}.", etl_set.name.upper())
        wrong = [file for file in mine.values() if etl_set.files[file.number][1] not in (None, file.samples)]
        for file in wrong:
            problems.add(f"{file.samples:,} samples, expected {etl_set.files[file.number][1]:,}.", file.name)
        total = sum(file.samples for file in mine.values())
        if not missing and not wrong and total != etl_set.samples:
            problems.add(f"{total:,} samples in all files, expected {etl_set.samples:,}.", etl_set.name.upper())
        if not missing and total == etl_set.samples:
            complete.add(etl_set.name)
    return complete


def find_co59(folder: Path, files: list[EtlFile], problems: Problems) -> tuple[Path | None, list[EtlFile]]:
    """Return the path of the table of CO-59 codes, None where it is not needed or missing, and the readable files."""
    needing = [file for file in files if file.etl_set.code == "co59"]
    if not needing:
        return None, files
    tables = _paths(folder, Problems(skip=True)).get(canonical(CO59_FILE), [])  # `find_files` reports problems
    if tables:
        return tables[0], files
    problems.add(f"its codes need a table that is missing: {CO59_SOURCE}.", needing[0].name)
    return None, [file for file in files if file not in needing]
