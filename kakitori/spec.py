"""The facts about a trained model that every stage needs: `ModelSpec`, stored as `config.json`. No NumPy."""

import hashlib
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kakitori.charset import CHARSETS, Charset, get_charset, jis_code
from kakitori.errors import KakitoriError, ModelError, check_choice
from kakitori.files import inside
from kakitori.homoglyphs import PLACES
from kakitori.schemas.config import (
    SIZES,
    ClassCount,
    ClassNames,
    Count,
    Licence,
    Margin,
    Name,
    Radius,
    Rank,
    Sha256,
    Temperature,
    Text,
    Threshold,
    Widths,
)
from kakitori.schemas.reader import check_document, read_document, strict_struct, write_document

INPUT_NAME = "input"
OUTPUT_NAME = "logits"
PAPER, INK = -1.0, 1.0  # tensor values
GENERATED = "ink"  # the data set whose images are drawn when they are needed
# The data sets of that kind, and their classes. GENERATED takes the classes of a set that it is mixed with.
INK_CHARSETS = {GENERATED: "etl9g", "ink-wide": "wide"}
NO_WEIGHTS = "0" * 64  # stands for the SHA-256 of the weights in a spec that was not saved with any


@dataclass(frozen=True)
class Pooling:
    """How the last feature map becomes the classifier's input."""

    kind: str  # "avg" or "max"
    output: int  # side of the result
    fixed: bool = False  # an explicit kernel for the trained size instead of an adaptive one; made at export only


POOLINGS = {
    "adaptive_avg": Pooling("avg", 1),
    "adaptive_max": Pooling("max", 1),
    "avg_2x2": Pooling("avg", 2),
    "max_2x2": Pooling("max", 2),
    "fixed_avg": Pooling("avg", 1, fixed=True),
    "fixed_max": Pooling("max", 1, fixed=True),
}

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
MAPPING_FILE = "mapping.json"
MANIFEST_FILE = "manifest.json"
COMPAT_FILE = "compat.json"  # the matrix of every file in every engine
ONNX_FOLDER = "onnx"

KANJIVG_LICENCE: Licence = {
    "source": "KanjiVG",
    "url": "https://kanjivg.tagaini.net",
    "licence": "CC BY-SA 3.0",
    "attribution": "Ink made from the strokes of KanjiVG, copyright Ulrich Apel and contributors, CC BY-SA 3.0.",
}


@dataclass(frozen=True)
class Confidence:
    """How a network's logits become probabilities, and when an answer is unsure; see `kakitori.confidence`.

    All were fitted to `images` images of the validation split of `fitted_on`. The defaults leave logits unchanged and
    make no answer unsure.
    """

    temperature: Temperature = 1.0  # probabilities are the softmax of logits / temperature
    rejection_temperature: Temperature = 1.0  # of the softmax whose largest probability is the rejection score
    threshold: Threshold = 0.0  # an answer with a smaller rejection score is unsure
    fitted_on: Text = ""
    images: Count = 0


@dataclass(frozen=True)
class ModelSpec:
    """The facts that fix a network's shape, its input and the meaning of its output.

    `margin` is the share of the side left free on each side of the ink's longer extent; `radius` is half the pen
    width in pixels of `size`. Both belong to `kakitori.ink` and lie within the ranges of training images. Accuracy
    on real handwriting hardly depends on them there: docs/measurements.md#margin-and-pen.
    """

    arch: Name
    widths: Widths
    pooling: Name
    charset: Name
    num_classes: ClassCount
    digest: Text  # of the classes' characters, see `Charset.digest`
    size: int = 64  # one of SIZES
    margin: Margin = 0.05
    radius: Radius = 1.3
    characters: ClassNames | None = None  # of a charset that `kakitori.charset` does not list
    rank: Rank | None = None  # of a classifier in two layers; None for one layer
    confidence: Confidence = field(default=Confidence(), compare=False)
    training: dict[str, Any] = field(default_factory=dict, compare=False)
    data: tuple[Licence, ...] = field(default=(), compare=False)  # a row for each part of the training data
    weights: Sha256 = field(default=NO_WEIGHTS, compare=False)  # SHA-256 of the file of weights

    def get_charset(self) -> Charset:
        """Return the charset of this model.

        Raises:
            KakitoriError: if it is unknown, or its order is not the one the weights were trained with.
        """
        if self.characters:
            known, charset = len(self.characters), Charset(self.charset, self.characters)
        else:
            known = len(get_charset(check_choice("charset", self.charset, CHARSETS)))
            charset = get_charset(self.charset, None if self.num_classes >= known else self.num_classes)
        if self.num_classes > known or len(charset) != self.num_classes:
            raise ModelError(
                f"The config has num_classes {self.num_classes:,}, and charset {self.charset!r} has {known:,} "
                "characters: use the config that was written with these weights."
            )
        if charset.digest != self.digest:
            raise ModelError(
                f"The config's charset digest {self.digest!r} is not that of {self.charset!r} with "
                f"{self.num_classes} classes ({charset.digest!r}): the classes would be misread. "
                "Use the config that was written with these weights."
            )
        return charset


# config.json: the fields of ModelSpec and the digest over them.
CONFIG = strict_struct(
    ModelSpec, ("characters", "rank", "confidence"), confidence=strict_struct(Confidence), model_digest=str
)


def model_digest(spec: ModelSpec) -> str:
    """Return `sha256:` and the hex SHA-256 that ties weights, network, input, confidence and classes together.

    It is taken over the UTF-8 of lines: the format, the weights' SHA-256, charset, network, input, confidence, and a
    line for each class with its JIS code and homoglyphs. Floats are the hex digits of their big-endian IEEE 754
    doubles. Mirrored by web/static/kakitori/shared/model.js; equality is tested.

    Raises:
        KakitoriError: as `ModelSpec.get_charset`.
    """
    charset, confidence = spec.get_charset(), spec.confidence
    lines = [
        "kakitori model 2",
        f"weights {spec.weights}",
        f"charset {spec.charset}",
        f"network {spec.arch} {','.join(map(str, spec.widths))} {spec.pooling} {spec.rank or '-'}",
        f"input {spec.size} {_hex(spec.margin)} {_hex(spec.radius)}",
        f"confidence {_hex(confidence.temperature)} {_hex(confidence.rejection_temperature)} "
        f"{_hex(confidence.threshold)}",
        *(_class_line(charset.characters[i], charset.homoglyphs(i)) for i in range(len(charset))),
    ]
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _hex(value: float) -> str:
    return struct.pack(">d", value).hex()


def _class_line(character: str, homoglyphs: Sequence[str]) -> str:
    fields = [character, jis_code(character) or "-"]
    if len(homoglyphs) > 1:
        fields += [f"{c}:{jis_code(c) or '-'}:{_place(c)}" for c in homoglyphs]
    return "\t".join(fields)


def _place(character: str) -> str:
    place = PLACES.get(character)
    return ",".join(map(_hex, (*place.size, *place.middle))) if place else "-"


def join_licences(rows: Sequence[Licence], key: str) -> str:
    """Return one field of several licences as a text: each value once, joined by "; ", empty ones left out."""
    values = (str(row[key]) for row in rows if row[key])  # type: ignore[literal-required]  # key is a variable
    return "; ".join(dict.fromkeys(values))


def write_spec(spec: ModelSpec, model_dir: Path) -> None:
    """Write `config.json`, with the model's digest.

    Raises:
        ModelError: if a field is out of its bounds, or fields contradict each other; nothing is written then.
    """
    check_spec(spec, model_dir)
    document = asdict(spec) | {"model_digest": model_digest(spec)}
    write_document(model_dir / CONFIG_FILE, document, CONFIG, ModelError)


def check_spec(spec: ModelSpec, model_dir: Path) -> None:
    """Check that a spec could be written to a model directory's `config.json`.

    Raises:
        ModelError: if a field is out of its bounds, or fields contradict each other.
    """
    path = model_dir / CONFIG_FILE
    check_document(path, asdict(spec) | {"model_digest": ""}, CONFIG, ModelError)
    _check(spec, path)


def read_spec(model_dir: Path) -> ModelSpec:
    """Return the spec in a model directory's `config.json`.

    Raises:
        ModelError: if the directory or the file is missing or damaged, a field is missing, unknown or out of its
            bounds, or fields contradict each other.
    """
    if not model_dir.is_dir():
        raise ModelError(
            f"There is no model directory {str(model_dir)!r}: name one with --model, or run `invoke train`."
        )
    path = inside(model_dir, CONFIG_FILE, ModelError)
    config = read_document(path, CONFIG, ModelError, "restore it, or train again")
    spec = msgspec.convert(config, ModelSpec, from_attributes=True)
    _check(spec, path)
    found, expected = config.model_digest, model_digest(spec)  # type: ignore[attr-defined]  # a field of CONFIG
    if found != expected:
        raise ModelError(
            f"{path}, field model_digest: found {found!r}, expected {expected!r} of its other fields: it was changed "
            "after it was written; restore it, or train again."
        )
    return spec


def _check(spec: ModelSpec, path: Path) -> None:
    """Raise ModelError where fields, each within its bounds, contradict each other or a table."""
    if spec.size not in SIZES:
        raise ModelError(f"{path}: size {spec.size!r} is not one of {', '.join(map(str, SIZES))}.")
    for character in spec.characters or ():
        if unicodedata.normalize("NFC", character) != character:
            raise ModelError(f"{path}, field characters: found {character!r}, expected its NFC form "
                             f"{unicodedata.normalize('NFC', character)!r}: prepare the data set again.")  # fmt: skip
    try:
        check_choice("pooling", spec.pooling, POOLINGS)
        spec.get_charset()
    except KakitoriError as problem:
        raise ModelError(f"{path}: {problem}") from None
