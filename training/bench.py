"""How fast images are drawn, on one core."""

import time
from typing import Any

import numpy as np

from training.charset import get_charset
from training.data.ink import InkSource

SIDES = (32, 48, 64)
SECONDS = 2.0  # measured for each side, after one batch to warm up


def bench_ink() -> list[dict[str, Any]]:
    """Return a row for each image side: augmented images a second on one core, and over how many."""
    source = InkSource(get_charset("etl9g"))
    labels = np.random.default_rng(0).permutation(len(source.charset))[:512]
    rows = []
    for side in SIDES:
        source.images(labels, side, [0])
        started, batches = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < SECONDS:
            batches += 1
            source.images(labels, side, [batches])
        images = batches * len(labels)
        rows.append({"side_px": side, "images_per_second": round(images / elapsed), "images": images})
    return rows
