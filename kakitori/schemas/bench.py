"""bench.json: file sizes, latencies, and drawing speed, with the machine they were measured on."""

from typing import Annotated

import msgspec
from msgspec import Meta

from kakitori.schemas.config import Count, Sha256

Milliseconds = Annotated[float, Meta(ge=0)]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Engine, machine, and the number of runs; rows measured in different settings do not compare."""

    engine: str
    processor: str
    python: str
    warm_ups: Count
    runs: Count


class InkSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """Augmented images per second on one core at one image side, and the images measured."""

    side_px: Count
    images_per_second: Count
    images: Count


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One ONNX file: size in bytes, raw and gzipped, and latency of one image."""

    variant: str
    sha256: Sha256
    date: str
    size_bytes: Count
    gzip_bytes: Count
    p50_ms: Milliseconds
    p95_ms: Milliseconds


class RelativeTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Latency of one image, and the ratio of its median to the stand-in's."""

    p50_ms: Milliseconds
    p95_ms: Milliseconds
    ratio: Annotated[float, Meta(ge=0)]


class ComparedFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of the comparison; without `browser` where no browser ran."""

    name: str
    size_bytes: Count
    native: RelativeTimes
    browser: RelativeTimes | None = None


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """The browser engine's name and version, or the problem that kept it from running; the other is empty."""

    engine: str
    problem: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Files measured in turns on the same images; the first row is the stand-in."""

    browser: Browser
    rows: list[ComparedFile]


class Bench(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that `invoke bench` measures of a model."""

    setting: Setting
    date: str
    ink: list[InkSpeed]
    files: list[Timing]
    comparison: Comparison | None = None
