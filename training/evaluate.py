"""Measure a model on stroke files, folders of pictures, generated ink, or prepared sets, by source and writer.

Needs:  a model directory
Run:    invoke evaluate --strokes FILE.jsonl.gz
Writes: models/<name>/evaluation.json, one entry for each measure, evaluation set and variant
"""

import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track
from rich.table import Table
from torch import nn

from training.batches import TEST_STREAM
from training.charset import Charset
from training.data.image_folder import list_pictures, read_picture
from training.data.ink import InkSource
from training.data.prepared import PreparedSet
from training.data.stored import classes_in
from training.data.stroke_files import read_stroke_file
from training.errors import DataError
from training.files import read_json, write_json
from training.image import rasterise_image
from training.ink import rasterise, to_tensor
from training.metrics import FIGURES, balanced_percent, ranks, top_k_percent
from training.spec import GENERATED, ModelSpec

RESULTS_FILE = "evaluation.json"
# What an entry of evaluation.json measures; one that does not say so measures accuracy.
ACCURACY, CONFUSABLES, DISTURBANCES = "accuracy", "confusables", "disturbances"
CONFIDENCE, IMPOSTORS = "confidence", "impostors"
BATCH = 256
TEST_IMAGES = 6000  # at least, of generated ink
MOST_WRITERS = 40  # that get a row each

JAPANESE = ("HIRAGANA", "KATAKANA", "CJK")  # how the Unicode names of kana and kanji begin

Predictor = Callable[[np.ndarray], np.ndarray]  # (N, 1, H, W) float32 -> logits (N, K) float32


@dataclass(frozen=True)
class Sample:
    """One character to read: its image, coverage (H, W) in [0, 1], and where it comes from."""

    char: str
    coverage: np.ndarray
    source: str
    writer: str


def network_predictor(network: nn.Module) -> Predictor:
    """Return a predictor that runs a network in evaluation mode on the CPU."""

    @torch.inference_mode()
    def predict(inputs: np.ndarray) -> np.ndarray:
        return network.eval()(torch.from_numpy(inputs)).numpy()

    return predict


def stroke_samples(path: Path, spec: ModelSpec) -> list[Sample]:
    """Return the drawings of a stroke file, rasterised as the spec says.

    Raises:
        DataError: if the file or a line cannot be used, or a line's character is one that nothing here can read.
    """
    drawings = read_stroke_file(path)
    for drawing in drawings:
        check_readable(drawing.char, f"{path}, line {drawing.line}", spec.get_charset())
    return [
        Sample(d.char, rasterise(d.strokes, spec.size, spec.margin, spec.radius), d.source, d.writer)
        for d in track(drawings, "Rasterising", transient=True)
    ]


def check_readable(char: str, place: str, charset: Charset) -> None:
    """Refuse a character that is neither in the charset nor kana or kanji: it is a mistake, not a sample to leave out.

    Other kana and kanji may stand in a file: `evaluate` leaves them out and counts them.

    Raises:
        DataError: naming the place and the character.
    """
    if char not in charset and not unicodedata.name(char, "").startswith(JAPANESE):
        raise DataError(
            f"{place}: {char!r} (U+{ord(char):04X}) is neither in charset {charset.name!r} nor another kana or kanji: "
            "correct it, or leave it out."
        )


def picture_samples(folder: Path, spec: ModelSpec) -> list[Sample]:
    """Return the pictures of a folder, fitted as the spec says.

    Raises:
        DataError: if there is none, or one cannot be used.
    """
    samples = []
    for picture in track(list_pictures(folder), "Reading pictures", transient=True):
        check_readable(picture.char, str(picture.path), spec.get_charset())
        try:
            coverage = rasterise_image(read_picture(picture.path), spec.size, spec.margin)
        except DataError as problem:
            raise DataError(f"{picture.path}: {problem}") from problem
        samples.append(Sample(picture.char, coverage, picture.source, "?"))
    return samples


def generated_samples(spec: ModelSpec) -> list[Sample]:
    """Return test images of generated ink: never drawn in training or for validation."""
    charset = spec.get_charset()
    images, labels = InkSource(charset).held_out(TEST_STREAM, spec.size, TEST_IMAGES)
    return [
        Sample(charset.characters[label], image.astype(np.float32) / 255, GENERATED, "generated")
        for image, label in zip(images, labels, strict=True)
    ]


def evaluate(samples: list[Sample], charset: Charset, predict: Predictor) -> list[dict[str, Any]]:
    """Return a row each for every (source, writer), for all of a source with several writers, and for everything.

    A sample whose character is not in the charset cannot be read: it is left out and counted in `outside_charset`.

    Raises:
        DataError: if no sample is left.
    """
    known = np.array([sample.char in charset for sample in samples], bool)
    readable = [sample for sample in samples if sample.char in charset]
    check_not_empty(known, charset)
    labels = np.array([charset.index(sample.char) for sample in readable])
    batches = (np.stack([s.coverage for s in readable[i : i + BATCH]]) for i in range(0, len(readable), BATCH))
    places = read_all(batches, labels, predict)
    pairs = [(sample.source, sample.writer) for sample in samples]
    return [row | top_k_percent(places[chosen]) for row, chosen in group_rows(pairs, known)]


def prepared_samples(prepared: PreparedSet) -> Iterator[Sample]:
    """Yield the test images of a prepared set, read from the disk one by one."""
    name = prepared.metadata["name"]
    for row in prepared.rows("test"):
        char = prepared.charset.characters[prepared.labels[row]]
        writer = prepared.writers[row]
        image = prepared.images[row] / np.float32(255)
        yield Sample(char, image, name, "unknown" if writer < 0 else f"writer {writer}")


def evaluate_prepared(prepared: PreparedSet, charset: Charset, predict: Predictor) -> list[dict[str, Any]]:
    """Return rows as `evaluate`, over every test image of a prepared set once, read from the disk batch by batch.

    `balanced_percent` is the mean over classes of the share read rightly: the figure for sets with uneven classes.

    Raises:
        DataError: if the set has no test image of a character in the charset.
    """
    rows = prepared.rows("test")
    labels = classes_in(prepared.charset, charset)[prepared.labels[rows]]
    known = labels >= 0
    check_not_empty(known, charset)
    readable, labels = rows[known], labels[known]
    batches = (prepared.images[readable[i : i + BATCH]] / np.float32(255) for i in range(0, len(readable), BATCH))
    places = read_all(batches, labels, predict)
    numbers = prepared.writers[rows]
    few = len(np.unique(numbers)) <= MOST_WRITERS
    names = prepared.metadata.get("writer_names")  # of fonts
    writers = [("unknown" if n < 0 else names[n] if names else f"writer {n}") if few else "all" for n in numbers]
    pairs = [(prepared.metadata["name"], writer) for writer in writers]
    return [
        row | top_k_percent(places[chosen]) | {"balanced_percent": balanced_percent(places[chosen], labels[chosen])}
        for row, chosen in group_rows(pairs, known)
    ]


def check_not_empty(known: np.ndarray, charset: Charset) -> None:
    """Raise DataError unless one of the samples (N,) bool is known to the charset."""
    if not known.any():
        raise DataError(f"None of the {len(known)} samples is a character of charset {charset.name!r}.")


def read_all(batches: Iterable[np.ndarray], labels: np.ndarray, predict: Predictor) -> np.ndarray:
    """Return at which place the label of each image of the batches (n, H, W) stands, (N,)."""
    parts = track((predict(to_tensor(batch)) for batch in batches), "Reading", -(-len(labels) // BATCH), transient=True)
    starts = range(0, len(labels), BATCH)
    return np.concatenate([ranks(part, labels[i : i + BATCH]) for part, i in zip(parts, starts, strict=True)])


def group_rows(pairs: list[tuple[str, str]], known: np.ndarray) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Yield the beginning of each group's row, and which (n,) bool of the known samples are in it."""
    sources, writers = (np.array(names) for names in zip(*pairs, strict=True))
    known_pairs = [pair for pair, is_known in zip(pairs, known, strict=True) if is_known]
    for source, writer in _groups(known_pairs):
        is_in = ((sources == source) | (source == "all")) & ((writers == writer) | (writer == "all"))
        count = int((is_in & known).sum())
        facts = {"characters": count, "outside_charset": int(is_in.sum()) - count}
        yield {"source": source, "writer": writer, **facts}, is_in[known]


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the distinct pairs in order; "all" follows the writers of a source, and the sources, where several."""
    distinct = list(dict.fromkeys(pairs))
    sources, groups = list(dict.fromkeys(source for source, _ in distinct)), []
    for source in sources:
        writers = [writer for s, writer in distinct if s == source]
        groups += [(source, writer) for writer in writers]
        groups += [(source, "all")] if len(writers) > 1 else []
    return groups + ([("all", "all")] if len(sources) > 1 else [])


def record_results(
    rows: list[dict[str, Any]], name: str, variant: str, engine: str, model_dir: Path, measure: str = ACCURACY
) -> None:
    """Put a measure's rows for an evaluation set and variant into the model's `evaluation.json`, for older ones."""
    path = model_dir / RESULTS_FILE
    entries = read_json(path) if path.exists() else []
    entry = {
        "set": name, "variant": variant, "measure": measure, "engine": engine, "date": time.strftime("%Y-%m-%d"),
        "rows": rows,
    }  # fmt: skip
    kept = {entry_key(e): e for e in entries} | {entry_key(entry): entry}
    write_json(path, [kept[key] for key in sorted(kept)])


def entry_key(entry: dict[str, Any]) -> tuple[str, str, str]:
    """Return what there is one entry of in `evaluation.json`: a measure, set and variant."""
    return entry.get("measure", ACCURACY), entry["set"], entry["variant"]


def of_measure(entries: list[dict[str, Any]], measure: str) -> list[dict[str, Any]]:
    """Return the entries of `evaluation.json` of one measure."""
    return [entry for entry in entries if entry.get("measure", ACCURACY) == measure]


def results_table(rows: list[dict[str, Any]]) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table()
    figures = {name: f"{heading}, %" for name, heading in FIGURES.items() if any(name in row for row in rows)}
    headings = ["source", "writer", "characters", "outside charset", *figures.values()]
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("source", "writer") else "right", overflow="fold")
    for row in rows:
        counts = [f"{row['characters']:,}", f"{row['outside_charset']:,}"]
        table.add_row(row["source"], row["writer"], *counts, *(f"{row[name]:.2f}" for name in figures))
    return table
