"""One ETL file to the rows of a prepared set: what a worker process does."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.data.etl.codes import OUTSIDE, UNKNOWN
from training.data.etl.files import EtlFile, Problems
from training.data.etl.formats import LAYOUTS, EtlSet
from training.data.etl.reader import Block, decode_field, decode_levels, read_blocks
from training.data.prepared import RECORD, UNLABELLED, PreparedWriter
from training.errors import DataError
from training.image import rasterise_levels

PER_DATABASE = 1_000_000  # writer numbers: those of ETL9 are 9,000,000 and up
FOREIGN = 0.5  # a larger share of codes without a character in a block: none of it is to be believed


@dataclass(frozen=True)
class Job:
    """A file to convert, and where its rows go."""

    file: EtlFile
    index: int  # among the files of the prepared set
    first_row: int
    labels: np.ndarray  # class of each code, see `training.data.etl.codes.label_table`
    margin: float
    skip_bad: bool
    writer: PreparedWriter


def convert(job: Job) -> dict[str, Any]:
    """Write the rows of a file; return its sha256, the problems skipped, and how many characters were left out.

    Raises:
        DataError: if the file cannot be read, or a record is bad and not to be skipped.
    """
    digest, problems, done, outside = hashlib.sha256(), Problems(job.skip_bad), 0, 0
    for block in read_blocks(job.file.path, job.file.etl_set, digest):
        if done + len(block.raw) > job.file.samples:
            break
        outside += _convert_block(job, block, problems)
        done += len(block.raw)
    if done != job.file.samples:
        raise DataError(f"{job.file.path} changed while it was read: leave the files alone, and run again.")
    return {"sha256": digest.hexdigest(), "bad": problems.listed, "outside": outside}


def _convert_block(job: Job, block: Block, problems: Problems) -> int:
    layout, etl_set = LAYOUTS[job.file.etl_set.layout], job.file.etl_set
    codes = decode_field(block.raw, layout, layout.code)
    labels = job.labels[codes]
    records = _records(job, block, layout.record_bytes)
    unknown = np.flatnonzero(labels == UNKNOWN)
    if len(unknown) > FOREIGN * len(labels):
        share = f"{len(unknown):,} of {len(labels):,} codes from record {block.first:,} on"
        _add(problems, job, records[unknown[0]], f"{share} are no characters of {etl_set.name.upper()}, the first is "
             f"{codes[unknown[0]]:X}: is this another file?")  # fmt: skip
        return 0
    for row in unknown:
        _add(problems, job, records[row], f"the code {codes[row]:X} is no character of {etl_set.name.upper()}.")
    images, inked = rasterise_levels(decode_levels(block.raw, layout), layout.top_level, job.writer.size, job.margin)
    for row in np.flatnonzero(~inked & (labels != UNKNOWN)):
        _add(problems, job, records[row], "the image shows no ink.")
    numbers = block.first + np.arange(len(labels))
    sheets = decode_field(block.raw, layout, "sheet") if etl_set.writer_set == "sheet" else None
    job.writer.write(
        job.first_row + block.first,
        images=images,
        labels=np.where(inked & (labels >= 0), labels, UNLABELLED),
        writers=writer_numbers(etl_set, job.file.number, numbers, sheets),
        records=records,
    )
    return int(np.count_nonzero(inked & (labels == OUTSIDE)))


def _records(job: Job, block: Block, record_bytes: int) -> np.ndarray:
    numbers = np.arange(len(block.raw))
    records = np.empty(len(block.raw), RECORD)
    records["file"], records["record"] = job.index, block.first + numbers
    records["offset"] = block.offset + numbers * record_bytes
    return records


def _add(problems: Problems, job: Job, record: np.void, reason: str) -> None:
    problems.add(reason, job.file.name, int(record["record"]), int(record["offset"]))


def writer_numbers(etl_set: EtlSet, file: int, samples: np.ndarray, sheets: np.ndarray | None) -> np.ndarray:
    """Return the number (n,) of the writer, or of the group of writers, of each sample; -1 where there is none.

    Args:
        file: number of the file among the set's, from 0.
        samples: (n,) number of each sample in its file, from 0.
        sheets: (n,) sheet numbers, where those tell the writers.
    """
    database = int(etl_set.name[3]) * PER_DATABASE  # ETL8B2 and ETL8G are the same sheets
    if etl_set.writer_set is None:
        return np.full(len(samples), -1)
    if etl_set.writer_set == "sheet":
        return np.where((sheets >= 0) & (sheets < PER_DATABASE), database + sheets, -1)
    before = sum(count for _, count in etl_set.files[:file])
    if not etl_set.interleaved:
        return database + (before + samples) // etl_set.writer_set
    is_model = before + samples >= etl_set.samples - etl_set.models
    return database + np.where(is_model, etl_set.writer_set, samples % etl_set.writer_set)
