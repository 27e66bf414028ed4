"""A small ETL9G: its row of the table, and functions that prepare and change its files."""

import dataclasses

from kakitori.charset import get_charset
from training.data.etl.formats import SETS
from training.data.etl.prepare import prepare_etl

ETL9 = get_charset("etl9g")
WRITER_SET, PER_FILE = 5, 20  # of the small ETL9G: two files with four writer sets of five characters each


def small(name, counts, **changes):
    """A set of the table with as many small files as `counts` has numbers."""
    files = tuple((file, count) for (file, _), count in zip(SETS[name].files, counts, strict=False))
    return dataclasses.replace(SETS[name], files=files, samples=sum(counts), per_class=None, **changes)


SMALL9 = {"etl9g": small("etl9g", [PER_FILE] * 2, writer_set=WRITER_SET)}


def prepare(folder, sets=SMALL9, **options):
    return prepare_etl(folder, options.pop("size", 32), report=lambda _: None, sets=sets, **options)


def change(path, record, at, new):
    data = bytearray(path.read_bytes())
    data[record * 8199 + at : record * 8199 + at + len(new)] = new
    path.write_bytes(data)
