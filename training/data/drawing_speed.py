"""How fast images are drawn, on one core."""

import time
from typing import Any

import numpy as np

from kakitori.charset import get_charset
from training.data.prepared import TRAIN
from training.data.registry import Source
from training.ink.source import InkSource

SIDES = (32, 48, 64)
SECONDS = 2.0  # measured for each side, after one batch to warm up


def bench_ink() -> list[dict[str, Any]]:
    """Return a row for each image side: augmented images a second on one core, and over how many."""
    source = InkSource(get_charset("etl9g"))
    labels = np.random.default_rng(0).permutation(len(source.charset))[:512]
    rows = [(side, *drawing_speed(source, labels, side)) for side in SIDES]
    return [{"side_px": side, "images_per_second": round(speed), "images": images} for side, speed, images in rows]


def drawing_speed(source: Source, labels: np.ndarray, side: int) -> tuple[float, int]:
    """Return training images a second of a source on one core, in batches of the labels, and over how many images."""
    source.images(labels, side, [TRAIN, 0])
    started, batches = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < SECONDS:
        batches += 1
        source.images(labels, side, [TRAIN, batches])
    return batches * len(labels) / elapsed, batches * len(labels)
