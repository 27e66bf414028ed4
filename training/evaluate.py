"""Measure a model on stroke files, folders of pictures, or generated ink, by source and writer.

Needs:  a model directory
Run:    invoke evaluate --strokes FILE.jsonl.gz
Writes: models/<name>/evaluation.json, one entry for each evaluation set and variant
"""

import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import track
from rich.table import Table
from torch import nn

from training.batches import TEST_STREAM, fixed_set
from training.charset import Charset
from training.data.image_folder import list_pictures, read_picture
from training.data.registry import get_dataset
from training.data.stroke_files import read_stroke_file
from training.errors import DataError
from training.files import read_json, write_json
from training.image import rasterise_image
from training.ink import rasterise, to_tensor
from training.metrics import TOP_K, ranks, top_k_percent
from training.spec import ModelSpec

RESULTS_FILE = "evaluation.json"
BATCH = 256
TEST_IMAGES = 6000  # at least, of generated ink

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


def generated_samples(name: str, spec: ModelSpec) -> list[Sample]:
    """Return the test images of a data set that is generated: never drawn in training or for validation."""
    charset = spec.get_charset()
    source = get_dataset(name).open(charset)
    images, labels = fixed_set(source, charset, spec.size, TEST_STREAM, TEST_IMAGES)
    return [
        Sample(charset.characters[label], image.astype(np.float32) / 255, name, "generated")
        for image, label in zip(images.numpy(), labels.numpy(), strict=True)
    ]


def evaluate(samples: list[Sample], charset: Charset, predict: Predictor) -> list[dict[str, Any]]:
    """Return a row each for every (source, writer), for all of a source with several writers, and for everything.

    A sample whose character is not in the charset cannot be read: it is left out and counted in `outside_charset`.

    Raises:
        DataError: if no sample is left.
    """
    known = [sample for sample in samples if sample.char in charset]
    if not known:
        raise DataError(f"None of the {len(samples)} samples is a character of charset {charset.name!r}.")
    labels = np.array([charset.index(sample.char) for sample in known])
    parts = [
        predict(to_tensor(np.stack([sample.coverage for sample in known[i : i + BATCH]])))
        for i in track(range(0, len(known), BATCH), "Reading", transient=True)
    ]
    places = ranks(np.concatenate(parts), labels)
    return [
        _row(source, writer, samples, known, places)
        for source, writer in _groups((sample.source, sample.writer) for sample in known)
    ]


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the distinct pairs in order, "all" after the writers of a source with several, and all sources last."""
    distinct = list(dict.fromkeys(pairs))
    groups = []
    for source in dict.fromkeys(source for source, _ in distinct):
        writers = [writer for s, writer in distinct if s == source]
        groups += [(source, writer) for writer in writers]
        groups += [(source, "all")] if len(writers) > 1 else []
    return groups + ([("all", "all")] if len(groups) > 1 else [])


def _row(source: str, writer: str, samples: list[Sample], known: list[Sample], places: np.ndarray) -> dict[str, Any]:
    def is_in(sample: Sample) -> bool:
        return source in ("all", sample.source) and writer in ("all", sample.writer)

    chosen = np.array([is_in(sample) for sample in known])
    return {
        "source": source,
        "writer": writer,
        "characters": int(chosen.sum()),
        "outside_charset": sum(map(is_in, samples)) - int(chosen.sum()),
        **top_k_percent(places[chosen]),
    }


def record_results(rows: list[dict[str, Any]], name: str, variant: str, engine: str, model_dir: Path) -> None:
    """Put the rows of an evaluation set and variant into the model's `evaluation.json`, in place of older ones."""
    path = model_dir / RESULTS_FILE
    entries = read_json(path) if path.exists() else []
    entry = {"set": name, "variant": variant, "engine": engine, "date": time.strftime("%Y-%m-%d"), "rows": rows}
    kept = [e for e in entries if (e["set"], e["variant"]) != (name, variant)]
    write_json(path, sorted([*kept, entry], key=lambda e: (e["set"], e["variant"])))


def results_table(rows: list[dict[str, Any]], title: str) -> Table:
    """Return the rows as a table for a terminal."""
    table = Table(title=title)
    headings = ["source", "writer", "characters", "outside charset", *(f"top-{k}, %" for k in TOP_K)]
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("source", "writer") else "right", overflow="fold")
    for row in rows:
        figures = [f"{row[f'top{k}_percent']:.2f}" for k in TOP_K]
        table.add_row(row["source"], row["writer"], f"{row['characters']:,}", f"{row['outside_charset']:,}", *figures)
    return table
