"""Recognition of one handwritten character: the Python counterpart of web/static/kakitori/index.js."""

import msgspec
import numpy as np

from kakitori.candidates import Classes, Result, check_top_k, no_candidates, rank
from kakitori.confidence import Predictor
from kakitori.engine import onnx_predictor
from kakitori.errors import EngineError, NoInkError
from kakitori.homoglyphs import InkPlace, ink_place
from kakitori.image_files import Picture, read_image
from kakitori.ink import rasterise, to_tensor
from kakitori.model_directory import open_model, variant_file
from kakitori.model_source import Source, model_folder
from kakitori.picture import rasterise_image
from kakitori.spec import ModelSpec
from kakitori.strokes import Strokes, check_pad, pack

DEFAULT_VARIANT = "strict.int8"
DEFAULT_TOP_K = 10


class Recognizer:
    """Recognizes strokes and pictures with one ONNX file of a model directory.

        reader = Recognizer.load()
        result = reader.recognize([[[10, 10], [90, 10]]])
        result.candidates[0].char, result.candidates[0].probability, result.unsure

    Calls from several threads at a time are allowed.
    """

    def __init__(self, spec: ModelSpec, classes: Classes, predict: Predictor) -> None:
        """Use `Recognizer.load`.

        Args:
            spec: of the network.
            classes: of its logits.
            predict: from (1, 1, size, size) float32 in [-1, 1] to logits (1, K) float32.
        """
        self.spec = spec
        self._classes = classes
        self._predict = predict

    @classmethod
    def load(
        cls, source: Source | None = None, variant: str = DEFAULT_VARIANT, revision: str | None = None
    ) -> "Recognizer":
        """Return the recognizer of a model.

        Args:
            source: None: the default model; a model directory; or the id `owner/name` of a model on the Hugging Face
                Hub, which needs the package huggingface_hub, and the network unless its files are in the Hub's cache.
                A directory is preferred where there is one of that name.
            variant: a row of the model's manifest.json.
            revision: a branch, tag or commit of a model on the Hub; None: its main branch.

        Raises:
            ModelError: if there is no such model, directory or variant, huggingface_hub is missing or fails, or a file
                is missing, damaged or belongs to another model.
            EngineError: if ONNX Runtime does not accept the ONNX file.
        """
        with model_folder(source, variant, revision) as folder:
            model = open_model(folder)
            _, onnx = variant_file(model, variant)
            predict = onnx_predictor(onnx)
        return cls(model.spec, Classes.from_mapping(msgspec.to_builtins(model.mapping)), predict)

    def recognize(self, strokes: Strokes, top_k: int = DEFAULT_TOP_K, pad: tuple[float, float] | None = None) -> Result:
        """Return the `top_k` most probable characters of strokes; none, and unsure, where there is no ink.

        Args:
            strokes: lists of points [x, y], [x, y, t] or {"x": x, "y": y}, or arrays (P, 2) or (P, 3); in any unit,
                y down; the time t is not used.
            top_k: at least 1; all candidates where there are fewer.
            pad: width and height of the writing area in the unit of the strokes, (0, 0) its upper left corner: orders
                homoglyphs such as っ and つ.

        Raises:
            DataError: for invalid strokes, top_k or pad.
            EngineError: if the network answers with NaN, infinity or another number of logits.
        """
        check_top_k(top_k)
        sides = None if pad is None else check_pad(pad)
        try:
            points, _ = pack(strokes)
            coverage = rasterise(strokes, self.spec.size, self.spec.margin, self.spec.radius)
        except NoInkError:
            return no_candidates()
        return self._rank(coverage, top_k, ink_place([points.tolist()], *sides) if sides else None)

    def recognize_image(self, image: Picture, top_k: int = DEFAULT_TOP_K) -> Result:
        """Return the `top_k` most probable characters of a picture; none, and unsure, where it shows no ink.

        Args:
            image: a path, the bytes of a file, a Pillow image, or an array (H, W), (H, W, 3) or (H, W, 4) uint8; of one
                character, dark on light or light on dark.
            top_k: at least 1; all candidates where there are fewer.

        Raises:
            DataError: for an invalid picture or top_k.
            EngineError: if the network answers with NaN, infinity or another number of logits.
        """
        check_top_k(top_k)
        try:
            coverage = rasterise_image(read_image(image), self.spec.size, self.spec.margin)
        except NoInkError:
            return no_candidates()
        return self._rank(coverage, top_k)

    def _rank(self, coverage: np.ndarray, top_k: int, place: InkPlace | None = None) -> Result:
        """Return the candidates of coverage (size, size) in [0, 1]."""
        logits = self._predict(to_tensor(coverage[None]))
        if logits.shape != (1, len(self._classes)):
            raise EngineError(
                f"The network answered with logits of shape {logits.shape}, expected (1, {len(self._classes)}): "
                "export it again."
            )
        return rank(logits[0], self._classes, self.spec.confidence, top_k, place)
