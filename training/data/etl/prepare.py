"""Prepare the files of the ETL Character Database.

Needs:  the files, from http://etlcdb.db.aist.go.jp, at any depth below one folder
Run:    invoke data --source etl --etl-dir DIR [--size 64] [--workers N] [--skip-bad] [--split writers]
Writes: datasets/<name>-<size>/ (see training.data.prepared)
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import Charset, get_charset
from kakitori.errors import DataError
from kakitori.schemas.config import Licence
from kakitori.spec import ModelSpec
from training.data.etl.codes import label_table
from training.data.etl.convert import PER_DATABASE, Job, convert
from training.data.etl.files import EtlFile, Problems, check_complete, choose_sets, find_co59, find_files
from training.data.etl.formats import SETS, EtlSet
from training.data.parallel import run_jobs
from training.data.prepared import PreparedSet, prepared_folder
from training.data.prepared_writer import UNLABELLED, PreparedWriter
from training.data.splits import get_splitter
from training.progress.display import Bar

SEED = 1
LISTED = 20  # problems named on the terminal; metadata.json lists all
LICENCE: Licence = {
    "source": "ETL Character Database",
    "url": "http://etlcdb.db.aist.go.jp",
    "licence": "AIST's terms of use: free to use; the data may not be passed on",
    "attribution": "Electrotechnical Laboratory, Japanese Technical Committee for Optical Character Recognition, "
    "ETL Character Database, 1973-1984.",
}


def prepare_etl(
    folder: Path | None, size: int = ModelSpec.size, workers: int = 1, dataset: str | None = None,
    split: str = "writers", skip_bad: bool = False, report: Callable[[str], None] = print,
    sets: Mapping[str, EtlSet] = SETS,
) -> PreparedSet:  # fmt: skip
    """Prepare the ETL files below a folder; an interrupted run is resumed.

    Args:
        folder: holds the files at any depth.
        workers: number of processes.
        dataset: one of training.data.etl.formats.DATASETS; None for the smallest that all files belong to.
        split: one of training.data.splits.SPLITTERS; one other than "writers" is appended to the name of the set.
        skip_bad: leave bad files and records out, count and list them, instead of stopping at the first.
        sets: the table of sets.

    Raises:
        DataError: for files that are missing, damaged, duplicate or of another set, codes that are no characters,
            images without ink, a full disk, or a worker process that ends; file, record and offset are named.
        KakitoriError: for an unknown data set or split, listing the known ones.
    """
    if folder is None:
        raise DataError("--source etl needs its files: name their folder with --etl-dir.")
    splitter, rule = get_splitter(split)
    problems = Problems(skip_bad)
    dataset, files, left_out = choose_sets(find_files(folder, sets, problems), dataset)
    co59, files = find_co59(folder, files, problems)
    complete = check_complete(files, problems)
    name = dataset if split == "writers" else f"{dataset}-{split}"
    writer = open_writer(name, get_charset(dataset), size, files, split)
    report(
        f"{len(files)} files, {writer.count:,} samples of {', '.join(dict.fromkeys(f.etl_set.name for f in files))}"
        + "".join(f"; {name} left out" for name in left_out)
        + (f"; {len(writer.done)} done" if writer.done else "")
    )
    jobs = list_jobs(files, writer, co59, skip_bad)
    convert_all(jobs, writer, workers)
    drop_doubles(jobs, writer, problems)
    labels, writers = np.array(writer.read("labels")), np.array(writer.read("writers"))
    check_classes(jobs, complete, labels, problems)
    writer.write(0, splits=splitter(labels, writers, writers // PER_DATABASE, SEED))
    facts = {"name": name, "split": {"how": rule, "seed": SEED}, **list_facts(files, writer, problems)}
    prepared = writer.finish(facts, dropped=int(np.count_nonzero(labels == UNLABELLED)))
    report_set(prepared, report)
    return prepared


def describe(file: EtlFile) -> dict[str, Any]:
    """Return the facts of a file for the metadata, except its SHA-256."""
    return {"path": file.name, "bytes": file.path.stat().st_size, "records": file.samples}


def list_facts(files: list[EtlFile], writer: PreparedWriter, problems: Problems) -> dict[str, Any]:
    """Return the fields of the metadata about the files and the records left out."""
    done = [writer.done[file.name] for file in files]
    return {
        "files": [describe(file) | {"sha256": found["sha256"]} for file, found in zip(files, done, strict=True)],
        "licence": LICENCE,
        "preprocessing": {"fit": "levels", "margin": ModelSpec.margin},
        "writers": f"{PER_DATABASE:,} x number of the database + sheet (ETL1-7) or writer set (ETL8, ETL9)",
        "outside_charset": sum(found["outside"] for found in done),
        "bad": problems.listed + [problem for found in done for problem in found["bad"]],
    }


def open_writer(name: str, charset: Charset, size: int, files: list[EtlFile], split: str) -> PreparedWriter:
    """Return the writer of the set made of these files; `done` holds those that an interrupted run converted."""
    plan = {
        "name": name,
        "files": [describe(file) for file in files],
        "changed": [file.path.stat().st_mtime_ns for file in files],
        "margin": ModelSpec.margin,
        "seed": SEED,
        "split": split,
    }
    return PreparedWriter(prepared_folder(name, size), charset, size, sum(file.samples for file in files), plan)


def list_jobs(files: list[EtlFile], writer: PreparedWriter, co59: Path | None, skip_bad: bool) -> list[Job]:
    """Return a job for each file, with consecutive rows."""
    tables = {code: label_table(code, writer.charset, co59) for code in dict.fromkeys(f.etl_set.code for f in files)}
    starts = np.cumsum([0, *(file.samples for file in files)])
    return [
        Job(file, n, int(starts[n]), tables[file.etl_set.code], ModelSpec.margin, skip_bad, writer)
        for n, file in enumerate(files)
    ]


def convert_all(jobs: list[Job], writer: PreparedWriter, workers: int) -> None:
    """Convert the files that no earlier run has converted, and show the progress.

    Raises:
        DataError: for the first file that cannot be used, or two with the same bytes, unless bad input is skipped.
    """
    samples = {job.file.name: job.file.samples for job in jobs}
    # A file in which an earlier run skipped records is converted again where this run must stop at them.
    done = {name for name, found in writer.done.items() if not found["bad"] or jobs[0].skip_bad}
    waiting = [job for job in jobs if job.file.name not in done]
    with Bar("Fitting images", sum(samples.values()), "records") as bar:
        bar.skip(sum(samples[name] for name in done))
        for job, found in run_jobs(convert, waiting, workers):
            refuse_double(job, found["sha256"], writer.done)
            writer.mark_done(job.file.name, found)
            bar.advance(job.file.samples)
            bar.facts = f"{bar.rate():,.0f} records/s"


def refuse_double(job: Job, sha256: str, done: Mapping[str, Any]) -> None:
    """Raise DataError for a file with the bytes of another one, unless bad input is skipped (see `drop_doubles`)."""
    same = [name for name, found in done.items() if found["sha256"] == sha256 and name != job.file.name]
    if same:
        Problems(job.skip_bad).add(f"the file is the same as {same[0]}: one of them has the wrong name.", job.file.name)


def drop_doubles(jobs: list[Job], writer: PreparedWriter, problems: Problems) -> None:
    """Remove the labels of each file with the bytes of an earlier file."""
    seen: dict[str, str] = {}
    for job in jobs:
        first = seen.setdefault(writer.done[job.file.name]["sha256"], job.file.name)
        if first != job.file.name:
            problems.add(f"the file is the same as {first}.", job.file.name)
            writer.write(job.first_row, labels=np.full(job.file.samples, UNLABELLED))


def check_classes(jobs: list[Job], complete: set[str], labels: np.ndarray, problems: Problems) -> None:
    """Report characters of complete sets with another number of samples than the table says."""
    for etl_set in dict.fromkeys(job.file.etl_set for job in jobs):
        if etl_set.name not in complete or etl_set.per_class is None or problems.skip:
            continue
        mine = [job for job in jobs if job.file.etl_set == etl_set]
        rows = np.concatenate([labels[job.first_row : job.first_row + job.file.samples] for job in mine])
        classes = np.unique(mine[0].labels[mine[0].labels >= 0])
        counts = np.bincount(rows, minlength=classes.max() + 1)[classes]
        for label in classes[counts != etl_set.per_class][:1]:
            found, character = np.count_nonzero(rows == label), mine[0].writer.charset.characters[label]
            problems.add(f"{character} occurs {found:,} times, expected {etl_set.per_class:,}.", etl_set.name.upper())


def report_set(prepared: PreparedSet, report: Callable[[str], None]) -> None:
    """Report the counts of a prepared set, and the first LISTED problems."""
    facts = prepared.metadata
    for problem in facts.bad[:LISTED]:
        report(f"Left out: {problem}")
    splits = ", ".join(f"{n:,} {split}" for split, n in facts.split.counts.items())
    report(
        f"{prepared.folder}: {len(prepared):,} images of {np.count_nonzero(facts.class_counts):,} of "
        f"{len(prepared.charset):,} classes, {splits} ({facts.split.how}); {len(facts.bad):,} problems, "
        f"{facts.outside_charset:,} characters outside the charset."
    )
