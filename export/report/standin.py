"""A stand-in for the model of public kanji pages: a network of the same kind, size and cost, with random weights.

That model is DaKanji's single-character CNN (github.com/CaptainDario/DaKanji-Single-Kanji-Recognition): an
EfficientNet-lite (Tan & Le 2019, arXiv:1905.11946, without squeeze-and-excitation and with ReLU6) for 64x64 pixels and
6,507 classes; 2.23 MB as ONNX. Lite0's classifier of 1,280 x 6,507 weights alone has 33 MB in float32, so that network
was narrowed. The factor depends on the storage of the weights; STAND_INS has one row for each way that gives 2.23 MB.
The row of float16, to which its published training recipe converts, is the stand-in, because its time is nearest to
that model's: docs/measurements.md#stand-in.

Run:    python -m export.report.standin            times every row on this machine
"""

import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from export.backends import get_backend
from export.graph_facts import finish
from export.report.latency import native_samples, percentiles
from export.storage import Store, as_float16, as_int8, store_weights
from export.to_onnx import simplify, to_onnx
from kakitori.files import replacing
from kakitori.spec import ModelSpec
from training.models.layers import classifier, conv_norm

SIZE, NUM_CLASSES = 64, 6507  # those of that model
STEM = 32  # EfficientNet-lite does not scale it
CHANNEL_STEP = 8  # see `scaled`
SEED = 1
BACKEND = "strict"
FOLDER = Path("runs/standin")


@dataclass(frozen=True)
class Stage:
    """Inverted residual blocks (Sandler et al. 2018): the first has the stride, all have the channels."""

    expansion: int
    channels: int
    blocks: int
    stride: int
    kernel: int


STAGES = (  # EfficientNet-B0's (its Table 1), which lite0 keeps
    Stage(1, 16, 1, 1, 3),
    Stage(6, 24, 2, 2, 3),
    Stage(6, 40, 2, 2, 5),
    Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 3, 1, 5),
    Stage(6, 192, 4, 2, 5),
    Stage(6, 320, 1, 1, 3),
)


@dataclass(frozen=True)
class StandIn:
    """A network of 2.23 MB: the first `stages` of lite0 at `width`; the classifier has `embedding` input channels."""

    name: str
    width: float
    stages: int
    embedding: int
    store: Store | None  # None leaves float32


STAND_INS = {
    row.name: row
    for row in (
        StandIn("float32", 1.0, 4, 46, None),
        StandIn("float16", 0.8, 5, 97, as_float16),
        StandIn("float16, all stages", 0.5, 7, 45, as_float16),
        StandIn("int8 weights", 0.75, 7, 50, as_int8),
    )
}
CHOSEN = "float16"


class InvertedResidual(nn.Module):
    """Expand by 1x1, depthwise convolution, project by 1x1 without activation; a shortcut if the shapes are equal."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        widen = [conv_norm(inputs, hidden, 1), nn.ReLU6()] if expansion > 1 else []
        filtered = [conv_norm(hidden, hidden, kernel, stride, groups=hidden), nn.ReLU6()]
        self.body = nn.Sequential(*widen, *filtered, conv_norm(hidden, outputs, 1))
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)  # (N, outputs, H/stride, W/stride)
        return x + y if self.has_shortcut else y


def scaled(channels: int, width: float) -> int:
    """Return channels times width as EfficientNet rounds it: to multiples of 8, never down by more than a tenth."""
    wanted = channels * width
    rounded = max(CHANNEL_STEP, math.floor(wanted / CHANNEL_STEP + 0.5) * CHANNEL_STEP)
    return rounded if rounded >= 0.9 * wanted else rounded + CHANNEL_STEP


def build_standin(standin: StandIn) -> nn.Sequential:
    """Return the network of a stand-in, (N, 1, 64, 64) -> (N, 6507) logits, in evaluation mode.

    Its random weights are the same in every call. The state of torch's global generator is not changed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        layers: list[nn.Module] = [conv_norm(1, STEM, 3, stride=2), nn.ReLU6()]
        channels = STEM
        for stage in STAGES[: standin.stages]:
            outputs = scaled(stage.channels, standin.width)
            for block in range(stage.blocks):
                stride = stage.stride if block == 0 else 1
                layers.append(InvertedResidual(channels, outputs, stage.expansion, stride, stage.kernel))
                channels = outputs
        layers += [conv_norm(channels, standin.embedding, 1), nn.ReLU6()]
        return nn.Sequential(*layers, *classifier(standin.embedding, NUM_CLASSES, "adaptive_avg")).eval()


def write_standin(path: Path, standin: StandIn) -> None:
    """Write the ONNX file of a stand-in, with the exporters of `invoke export`; the bytes are reproducible.

    Raises:
        ExportError: if an exporter fails.
    """
    backend = get_backend(BACKEND)
    graph, _ = to_onnx(build_standin(standin), SIZE, backend, lambda line: None)
    graph = simplify(graph)
    if standin.store:
        graph = store_weights(graph, standin.store)
    spec = ModelSpec("standin", (), "adaptive_avg", "standin", NUM_CLASSES, "", SIZE)
    with replacing(path) as temporary:
        temporary.write_bytes(finish(graph, spec, backend.ir_version).SerializeToString(deterministic=True))


def time_standins() -> None:
    """Print the size and the native time of every standin."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.onnx" for number in range(len(STAND_INS))]
        for path, standin in zip(paths, STAND_INS.values(), strict=True):
            write_standin(path, standin)
        samples = native_samples([(path, SIZE) for path in paths])
        for name, path, times in zip(STAND_INS, paths, map(percentiles, samples), strict=True):
            size = path.stat().st_size / 1e6
            print(f"{name:20} {size:.2f} MB  p50 {times['p50_ms']:.3f} ms  p95 {times['p95_ms']:.3f} ms")


if __name__ == "__main__":
    time_standins()
