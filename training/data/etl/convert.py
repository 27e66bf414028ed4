"""Convert one ETL file to rows of a prepared set; this runs in worker processes."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from kakitori.errors import DataError
from training.data.etl.codes import OUTSIDE, UNKNOWN
from training.data.etl.files import EtlFile, Problems
from training.data.etl.formats import LAYOUTS, EtlSet
from training.data.etl.reader import Block, decode_field, decode_levels, read_blocks
from training.data.levels import rasterise_levels
from training.data.prepared import RECORD
from training.data.prepared_writer import UNLABELLED, PreparedWriter

PER_DATABASE = 1_000_000  # writer numbers: those of ETL9 are 9,000,000 and up
FOREIGN = 0.5  # share of codes without a character above which a block is taken for one of another file


@dataclass(frozen=True)
class Job:
    """A file to convert, and the rows of the prepared set that it fills."""

    file: EtlFile
    index: int  # among the files of the prepared set
    first_row: int
    labels: np.ndarray  # class of each code, see `training.data.etl.codes.label_table`
    margin: float
    skip_bad: bool
    writer: PreparedWriter

    @property
    def name(self) -> str:
        return self.file.name


def convert(job: Job) -> dict[str, Any]:
    """Write the rows of a file; return its `sha256`, the `bad` records and the number `outside` the charset.

    Raises:
        DataError: if the file cannot be read, or a record is bad and `skip_bad` is not set.
    """
    digest, problems, codes, outside = hashlib.sha256(), Problems(job.skip_bad), [np.empty(0, np.int64)], 0
    layout = LAYOUTS[job.file.etl_set.layout]
    for block in read_blocks(job.file.path, job.file.etl_set, digest):
        if block.first + len(block.raw) > job.file.samples:
            break
        codes.append(decode_field(block.raw, layout, layout.code))
        outside += _convert_block(job, block, codes[-1], problems)
    in_file = np.concatenate(codes)
    if len(in_file) != job.file.samples:
        raise DataError(f"{job.file.path} changed while it was read: leave the files alone, and run again.")
    _refuse_misplaced(job, in_file, problems)
    return {"sha256": digest.hexdigest(), "bad": problems.listed, "outside": outside}


def _convert_block(job: Job, block: Block, codes: np.ndarray, problems: Problems) -> int:
    layout, etl_set = LAYOUTS[job.file.etl_set.layout], job.file.etl_set
    labels = job.labels[codes]
    records = _records(job, block, layout.record_bytes)
    unknown = np.flatnonzero(labels == UNKNOWN)
    if len(unknown) > FOREIGN * len(labels):
        share = f"{len(unknown):,} of {len(labels):,} codes from record {block.first:,} on"
        _add(problems, job, records[unknown[0]], f"{share} are no characters of {etl_set.name.upper()}, the first is "
             f"{codes[unknown[0]]:X}: replace the file by the one of this name.")  # fmt: skip
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


def _refuse_misplaced(job: Job, codes: np.ndarray, problems: Problems) -> None:
    """Remove the label of each sample whose code contradicts its position, from which the writer follows."""
    etl_set, name = job.file.etl_set, job.file.name
    misplaced = find_misplaced(etl_set, job.file.number, codes) & (job.labels[codes] != UNKNOWN)
    count = np.count_nonzero(misplaced)
    if count > FOREIGN * len(codes):
        reason = f"{count:,} of {len(codes):,} characters are not at their position in {etl_set.name.upper()}"
        problems.add(f"{reason}: replace the file by the one of this name.", name)
        job.writer.write(job.first_row, labels=np.full(len(codes), UNLABELLED))
        return
    for sample in np.flatnonzero(misplaced).tolist():
        offset = (sample + etl_set.dummies) * LAYOUTS[etl_set.layout].record_bytes
        reason = f"the code {codes[sample]:X} contradicts its position: a writer set has every character once."
        problems.add(reason, name, sample, offset)
        job.writer.write(job.first_row + sample, labels=np.array([UNLABELLED]))


def find_misplaced(etl_set: EtlSet, file: int, codes: np.ndarray) -> np.ndarray:
    """Return which samples (n,) bool of a file have a code that contradicts their position.

    Those are samples whose writer set has the character twice; in an interleaved set, samples that differ from the
    median code of their run.
    """
    if not isinstance(etl_set.writer_set, int):
        return np.zeros(len(codes), bool)
    samples, length = np.arange(len(codes)), etl_set.writer_set
    if not etl_set.interleaved:
        _, which, counts = np.unique(samples // length << 16 | codes, return_inverse=True, return_counts=True)
        return counts[which] > 1
    before = samples_before(etl_set, file)
    in_turns = samples[before + samples < etl_set.samples - etl_set.models]
    runs = [codes[in_turns[first : first + length]] for first in range(0, len(in_turns), length)]
    differs = [run != np.sort(run)[len(run) // 2] for run in runs]
    return np.concatenate([*differs, np.zeros(len(codes) - len(in_turns), bool)])


def samples_before(etl_set: EtlSet, file: int) -> int:
    """Return the number of samples in the files of a set before one of them."""
    return sum(count or 0 for _, count in etl_set.files[:file])


def _records(job: Job, block: Block, record_bytes: int) -> np.ndarray:
    numbers = np.arange(len(block.raw))
    records = np.empty(len(block.raw), RECORD)
    records["file"], records["record"] = job.index, block.first + numbers
    records["offset"] = block.offset + numbers * record_bytes
    return records


def _add(problems: Problems, job: Job, record: np.void, reason: str) -> None:
    problems.add(reason, job.file.name, int(record["record"]), int(record["offset"]))


def writer_numbers(etl_set: EtlSet, file: int, samples: np.ndarray, sheets: np.ndarray | None) -> np.ndarray:
    """Return the number (n,) int of the writer, or of the group of writers, of each sample; -1 where it has none.

    Args:
        file: number of the file among the set's, from 0.
        samples: (n,) number of each sample in its file, from 0.
        sheets: (n,) sheet numbers, of sets whose writers are identified by sheet.
    """
    database = etl_set.database * PER_DATABASE
    if isinstance(etl_set.writer_set, str) and sheets is not None:
        return np.where((sheets >= 0) & (sheets < PER_DATABASE), database + sheets, -1)
    if not isinstance(etl_set.writer_set, int):
        return np.full(len(samples), -1)
    before = samples_before(etl_set, file)
    if not etl_set.interleaved:
        return database + (before + samples) // etl_set.writer_set
    is_model = before + samples >= etl_set.samples - etl_set.models
    return database + np.where(is_model, etl_set.writer_set, samples % etl_set.writer_set)
