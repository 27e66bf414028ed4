"""What every stage must know about a trained model: `ModelSpec`, stored as `config.json`. Standard library only."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from kakitori.charset import Charset, get_charset
from kakitori.errors import ModelError
from kakitori.files import read_json, write_json

INPUT_NAME = "input"
OUTPUT_NAME = "logits"
PAPER, INK = -1.0, 1.0  # tensor values
GENERATED = "ink"  # the name of the data set that is drawn on the fly
# What is drawn on the fly, and its classes. GENERATED takes on those of a set that it is joined to.
INK_CHARSETS = {GENERATED: "etl9g", "ink-wide": "wide"}
SIZES = (32, 48, 64, 96, 128)  # input sides, in pixels



@dataclass(frozen=True)
class Pooling:
    """How the last feature map becomes the classifier's input; `output` is the side of what is left."""

    kind: str  # "avg" or "max"
    output: int
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

KANJIVG_LICENCE = {
    "source": "KanjiVG",
    "url": "https://kanjivg.tagaini.net",
    "licence": "CC BY-SA 3.0",
    "attribution": "Ink made from the strokes of KanjiVG, copyright Ulrich Apel and contributors, CC BY-SA 3.0.",
}


@dataclass(frozen=True)
class Confidence:
    """How a network's logits become probabilities, and when it is unsure; see `kakitori.confidence`.

    All were fitted to `images` images of the validation split of `fitted_on`. The defaults leave logits as they are,
    and are never unsure.
    """

    temperature: float = 1.0  # probabilities are the softmax of logits / temperature
    rejection_temperature: float = 1.0  # of the softmax whose largest probability is the rejection score
    threshold: float = 0.0  # unsure where the rejection score is below
    fitted_on: str = ""
    images: int = 0


@dataclass(frozen=True)
class ModelSpec:
    """The facts that fix a network's shape, its input and the meaning of its output.

    `margin` is the share of the side left free on each side of the ink's longer extent; `radius` is half the pen
    width in pixels of `size`. Both belong to `kakitori.ink`, lie within what `training.ink.camera` draws, and were
    compared on real handwriting (2026-11-21: 0.05 reads one more of 250 learner's kanji than 0.07 and two fewer of
    2,965 tomoe kanji; radii from 1.2 to 1.5 differ as little).
    """

    arch: str
    widths: tuple[int, ...]
    pooling: str
    charset: str
    num_classes: int
    digest: str
    size: int = 64
    margin: float = 0.05
    radius: float = 1.3
    characters: tuple[str, ...] | None = None  # of a charset that `kakitori.charset` does not list
    rank: int | None = None  # of a classifier in two layers; None: it is one
    confidence: Confidence = field(default=Confidence(), compare=False)
    training: dict[str, Any] = field(default_factory=dict, compare=False)
    data: dict[str, str] = field(default_factory=dict, compare=False)

    def get_charset(self) -> Charset:
        """Return the charset of this model.

        Raises:
            ModelError: if its order is not the one the weights were trained with.
        """
        if self.characters:
            charset = Charset(self.charset, self.characters)
        else:
            limit = None if self.num_classes == len(get_charset(self.charset)) else self.num_classes
            charset = get_charset(self.charset, limit)
        if charset.digest != self.digest:
            raise ModelError(
                f"The config's charset digest {self.digest!r} is not that of {self.charset!r} with "
                f"{self.num_classes} classes ({charset.digest!r}): the classes would be misread. "
                "Use the config that was written with these weights."
            )
        return charset


def write_spec(spec: ModelSpec, model_dir: Path) -> None:
    """Write `config.json`."""
    write_json(model_dir / CONFIG_FILE, asdict(spec))


def read_spec(model_dir: Path) -> ModelSpec:
    """Return the spec in a model directory's `config.json`.

    Raises:
        ModelError: if the directory or the file is missing, damaged, or lacks a field.
    """
    if not model_dir.is_dir():
        raise ModelError(
            f"There is no model directory {str(model_dir)!r}: name one with --model, or run `invoke train`."
        )
    path = model_dir / CONFIG_FILE
    config = read_json(path, ModelError)
    known = {f.name for f in fields(ModelSpec)}
    required = known - {"characters", "rank", "confidence"}
    if not isinstance(config, dict) or not required <= config.keys():
        missing = sorted(required - config.keys()) if isinstance(config, dict) else sorted(required)
        raise ModelError(f"{path} lacks {', '.join(missing)}: restore it, or train again.")
    values = {name: tuple(config[name]) if isinstance(config[name], list) else config[name]
              for name in known & config.keys()}  # fmt: skip
    try:
        confidence = Confidence(**config.get("confidence", {}))
    except TypeError:
        raise ModelError(f"{path}: confidence {config['confidence']!r} is not what this version reads: run "
                         f"`invoke calibrate --model {model_dir}`.") from None
    spec = ModelSpec(**values | {"confidence": confidence})
    if spec.size not in SIZES:
        raise ModelError(f"{path}: size {spec.size!r} is not one of {', '.join(map(str, SIZES))}.")
    spec.get_charset()
    return spec
