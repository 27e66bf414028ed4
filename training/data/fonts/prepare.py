"""Prepare the glyphs of fonts: every character of a charset in every face; each face is a writer.

Needs:  the network once, for the fonts of training.data.fonts.table; or the user's own fonts
Run:    invoke data --source fonts [--charset etl9g] [--from DIR] [--size 64] [--workers N]
Writes: datasets/fonts-<size>/ (see training.data.prepared); the fonts are stored in the cache folder
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kakitori.charset import get_charset
from kakitori.errors import DataError
from kakitori.schemas.config import Licence
from kakitori.spec import GENERATED, INK_CHARSETS, ModelSpec
from training.data.fonts.faces import Face, draw_glyphs, own_faces, package_faces
from training.data.fonts.packages import fetch_packages
from training.data.fonts.table import FONT_PACKAGES, FONTS
from training.data.levels import rasterise_levels
from training.data.parallel import run_jobs
from training.data.prepared import RECORD, SPLITS, PreparedSet, prepared_folder
from training.data.prepared_writer import UNLABELLED, PreparedWriter
from training.data.splits import split_by_writers
from training.progress.display import track

URL = "https://fontsource.org"  # of the table's fonts
SEED = 1
LISTED = 20  # characters a face lacks that are named on the terminal; metadata.json lists all
CHUNK = 256  # glyphs drawn before they are fitted and written


@dataclass(frozen=True)
class Job:
    """A face to draw, and the rows of the prepared set that it fills."""

    face: Face
    index: int  # its number as a writer; its rows begin at index x classes
    writer: PreparedWriter

    @property
    def name(self) -> str:
        return self.face.name


def prepare_fonts(
    folder: Path | None, size: int = ModelSpec.size, workers: int = 1, charset: str = INK_CHARSETS[GENERATED],
    report: Callable[[str], None] = print,
) -> PreparedSet:  # fmt: skip
    """Prepare the glyphs of the table's fonts, or of the fonts in a folder; an interrupted run is resumed.

    Characters that a face lacks are left out and counted.

    Raises:
        DataError: if fonts cannot be fetched or read, or there are too few for three splits.
    """
    if folder is None:
        fetch_packages(FONT_PACKAGES)
    faces = own_faces(folder) if folder else package_faces()
    classes, name = get_charset(charset), FONTS if charset == INK_CHARSETS[GENERATED] else f"{FONTS}-{charset}"
    files = [describe(face) for face in faces]
    plan = {"name": name, "files": files, "margin": ModelSpec.margin, "seed": SEED}
    writer = PreparedWriter(prepared_folder(name, size), classes, size, len(faces) * len(classes), plan)
    jobs = [Job(face, n, writer) for n, face in enumerate(faces)]
    waiting = [job for job in jobs if job.name not in writer.done]
    for job, missing in track(run_jobs(draw_face, waiting, workers), "Drawing faces", len(waiting), "faces"):
        writer.mark_done(job.name, missing)
    missing = {face.name: writer.done[face.name] for face in faces}
    writer.write(0, splits=split_faces(faces, writer))
    prepared = writer.finish(
        {
            "name": name,
            "files": [row | {"records": len(classes) - len(missing[row["face"]])} for row in files],
            "licence": describe_licence(faces, "" if folder else URL),
            "split": {"how": "by face: no design is in two splits", "seed": SEED},
            "preprocessing": {"fit": "levels", "margin": ModelSpec.margin},
            "augmentation": "glyph",
            "writer_names": [face.name for face in faces],
            "missing": missing,
        },
        dropped=sum(map(len, missing.values())),
    )
    report_set(prepared, report)
    return prepared


def describe(face: Face) -> dict[str, Any]:
    """Return the facts of a face for the metadata."""
    return {
        "face": face.name, "style": face.style, "holder": face.holder, "licence": face.licence,
        "path": ", ".join(path.name for path in face.paths), "sha256": face.sha256,
        "bytes": sum(path.stat().st_size for path in face.paths),
    }  # fmt: skip


def describe_licence(faces: Sequence[Face], url: str) -> Licence:
    """Return the licence row that a model trained on the faces must state."""
    families = dict.fromkeys(f"{face.family} (copyright {face.holder})" for face in faces)
    return {
        "source": "fonts",
        "url": url,
        "licence": "; ".join(dict.fromkeys(face.licence for face in faces)),
        "attribution": f"Images of the fonts {', '.join(families)}.",
    }


def draw_face(job: Job) -> list[str]:
    """Write the rows of a face; return the characters that it lacks or that show no ink."""
    characters, size = job.writer.charset.characters, job.writer.size
    first = job.index * len(characters)
    lacking: list[str] = []
    for start in range(0, len(characters), CHUNK):
        chunk = characters[start : start + CHUNK]
        has = np.array([character in job.face.coverage for character in chunk])
        images, inked = np.zeros((len(chunk), size, size), np.uint8), has.copy()
        glyphs = draw_glyphs(job.face, [c for c, there in zip(chunk, has, strict=True) if there], size)
        images[has], inked[has] = rasterise_levels(glyphs, 255, size, ModelSpec.margin)
        labels = np.arange(start, start + len(chunk))
        records = np.zeros(len(chunk), RECORD)
        records["file"], records["record"] = job.index, labels
        writers = np.full(len(chunk), job.index)
        labels = np.where(inked, labels, UNLABELLED)
        job.writer.write(first + start, images=images, labels=labels, writers=writers, records=records)
        lacking += [character for character, there in zip(chunk, inked, strict=True) if not there]
    return lacking


def split_faces(faces: Sequence[Face], writer: PreparedWriter) -> np.ndarray:
    """Return the split (N,) uint8 of each row: that of the table, or a seeded random split of faces without one.

    Raises:
        DataError: if there are fewer faces than splits.
    """
    if any(face.split is None for face in faces):
        if len(faces) < len(SPLITS):
            raise DataError(f"There are {len(faces)} fonts, expected {len(SPLITS)} or more, one for each of "
                            f"{', '.join(SPLITS)}: add fonts.")  # fmt: skip
        labels, writers = np.array(writer.read("labels")), np.array(writer.read("writers"))
        return split_by_writers(labels, writers, np.zeros_like(writers), SEED)
    of_face = np.array([SPLITS.index(face.split) for face in faces], np.uint8)
    return np.repeat(of_face, len(writer.charset))


def report_set(prepared: PreparedSet, report: Callable[[str], None]) -> None:
    """Report the counts of a prepared set, and the characters that each face lacks."""
    for face, missing in prepared.metadata.missing.items():
        if missing:
            some = " ".join(missing[:LISTED]) + " …" * (len(missing) > LISTED)
            report(f"{face} lacks {len(missing):,} of {len(prepared.charset):,} characters: {some}")
    counts = prepared.metadata.split.counts
    report(
        f"{prepared.folder}: {len(prepared):,} images of {len(prepared.charset):,} classes in "
        f"{len(prepared.metadata.files)} faces, " + ", ".join(f"{n:,} {split}" for split, n in counts.items()) + "."
    )
