"""A model directory whose network is a few bytes (the site copies it, and does not run it), and node."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from export.manifest import build_manifest, write_manifest
from export.mapping import build_mapping, write_mapping
from kakitori.charset import get_charset
from kakitori.npm import npm_command
from kakitori.schemas.manifest import ManifestRow
from kakitori.spec import ModelSpec, write_spec

ROOT = Path(__file__).parents[2]
NETWORK = b"not really ONNX"


def write_model(folder: Path, name: str = "etl9g") -> Path:
    """Write a model directory of a charset as `invoke export` does, with a stand-in for the network."""
    charset = get_charset(name)
    spec = ModelSpec("cnn", (8, 16), "adaptive_avg", name, len(charset), charset.digest, training={"dataset": "ink"})
    folder.mkdir()
    write_spec(spec, folder)
    write_mapping(build_mapping(spec, {"generated ink": 97.5}), spec, folder)
    (folder / "onnx").mkdir()
    rows = []
    for variant in ("strict.fp32", "strict.int8"):
        content = NETWORK + variant.encode()
        (folder / f"onnx/{variant}.onnx").write_bytes(content)
        rows.append(
            msgspec.convert(
                {
                    "variant": variant,
                    "file": f"onnx/{variant}.onnx",
                    "backend": "strict",
                    "precision": variant[7:],
                    "pooling": "fixed_avg",
                    "opset": 11,
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "operators": {"Conv": 9},
                    "exporter": "torchscript",
                    "parity": {
                        "max_logit_difference": 0.2,
                        "argmax_agreement": 1.0,
                        "inputs": 64,
                        "engine": "onnxruntime",
                    },
                    "accuracy": {"pen <&> paper": {"top1_percent": 98.76, "fp32_top1_percent": 98.8, "images": 1234}},
                },
                ManifestRow,
            )
        )
    write_manifest(build_manifest(folder, spec, rows), folder)
    return folder


@pytest.fixture(scope="session")
def written_models(tmp_path_factory):
    """A folder with two model directories that tests copy: "model", and "wide" of the wide charset."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "model")
    write_model(folder / "wide", "wide")
    return folder


@pytest.fixture
def model_dir(written_models, tmp_path):
    """A copy of a model directory that a test may damage."""
    return shutil.copytree(written_models / "model", tmp_path / "model")


@pytest.fixture
def wide_dir(written_models, tmp_path):
    """A copy of the model directory of the wide charset."""
    return shutil.copytree(written_models / "wide", tmp_path / "wide")


@pytest.fixture(scope="session")
def built_site(written_models, tmp_path_factory):
    """A site, built once; tests only read it."""
    from web.build import build_site

    out = tmp_path_factory.mktemp("built") / "dist"
    build_site([written_models / "model"], out)
    return out


@pytest.fixture(scope="session")
def run_node():
    """Return a function that runs node, from the pip package, in the repository: (arguments, stdin) -> stdout."""
    node = npm_command()[0] if len(npm_command()) == 2 else "node"

    def run(*arguments: str, stdin: str = "") -> str:
        result = subprocess.run(
            [node, *arguments], input=stdin, capture_output=True, text=True, cwd=ROOT, encoding="utf-8"
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    return run
