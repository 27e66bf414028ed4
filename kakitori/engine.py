"""ONNX files in ONNX Runtime on the CPU: sessions, and functions from images to logits."""

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from kakitori.confidence import Predictor
from kakitori.errors import EngineError
from kakitori.spec import INPUT_NAME, OUTPUT_NAME

ENGINE = f"onnxruntime {onnxruntime.__version__}"
BATCH_SIZE = 16  # larger batches exceed the cache: docs/measurements.md#batches-in-onnx-runtime
ERRORS_ONLY = 3  # ONNX Runtime's severity
LOAD_ERRORS = (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented, native.NoSuchFile)


def open_session(model: Path | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return a session of an ONNX file or its bytes on the CPU.

    Raises:
        EngineError: if ONNX Runtime does not accept the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = ERRORS_ONLY
    try:
        source = model if isinstance(model, bytes) else str(model)
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except LOAD_ERRORS as problem:
        name = "The model" if isinstance(model, bytes) else str(model)
        reason = str(problem).splitlines()[0]
        raise EngineError(f"{name} does not load in {ENGINE} ({reason}): export it again.") from problem


def onnx_predictor(path: Path, threads: int = 1) -> Predictor:
    """Return a function from images, (N, 1, H, W) float32 in [-1, 1], to logits, (N, K) float32.

    Images run in batches of BATCH_SIZE, so that N may be large.

    Raises:
        EngineError: if ONNX Runtime does not accept the file.
    """
    session = open_session(path, threads)

    def predict(images: np.ndarray) -> np.ndarray:
        return in_batches(lambda batch: session.run([OUTPUT_NAME], {INPUT_NAME: batch})[0], images)

    return predict


def in_batches(predict: Predictor, images: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
    """Return the results of `predict` for images (N, ...), N at least 1, computed in batches of `batch_size`."""
    return np.concatenate([predict(images[i : i + batch_size]) for i in range(0, len(images), batch_size)])
