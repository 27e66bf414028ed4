"""The native engines, run in the worker process: ONNX Runtime and tract."""

import gc
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import onnxruntime
import psutil

from wasm_check.errors import Unavailable
from wasm_check.job import WARM_RUNS, Job, JobSubject

Run = Callable[[np.ndarray], np.ndarray]  # (1, …) float32 -> (1, K) float32
Open = Callable[[JobSubject, tuple[int, ...]], Run]
MS = 1000  # in a second
ERRORS_ONLY = 3  # ONNX Runtime's log severity


def run_onnxruntime(job: Job, say: Callable[..., None]) -> None:
    """Run a job in ONNX Runtime, on the CPU with one thread; the option `optimised` is true by default."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    if not job.column.engine.options.get("optimised", True):
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL

    def open_file(subject: JobSubject, _shape: tuple[int, ...]) -> Run:
        session = onnxruntime.InferenceSession(subject.path, options, providers=["CPUExecutionProvider"])
        return lambda image: session.run([subject.output_name], {subject.input_name: image})[0]

    run_native(job, say, open_file, f"onnxruntime {version('onnxruntime')}")


def run_tract(job: Job, say: Callable[..., None]) -> None:
    """Run a job in tract, through its Python bindings."""
    try:
        import tract
    except ImportError as problem:
        raise Unavailable('tract is not installed: python -m pip install -e ".[test]"') from problem

    def open_file(subject: JobSubject, shape: tuple[int, ...]) -> Run:
        model = tract.onnx().load(subject.path)
        model.set_input_fact(0, ",".join(map(str, shape)) + ",f32")
        model.analyse()
        runnable = model.into_model().into_runnable()
        return lambda image: runnable.run([image])[0].to_numpy()

    run_native(job, say, open_file, f"tract {version('tract')}")


def run_native(job: Job, say: Callable[..., None], open_file: Open, engine_version: str) -> None:
    """Run every subject of a job in this process, one after another."""
    say("engine", facts={"version": engine_version})
    idle_memory = psutil.Process().memory_full_info().uss
    for subject in job.subjects:
        say("start", subject=subject.key)
        try:
            result = measure(subject, job, open_file, idle_memory)
        except Exception as problem:  # an engine may raise anything; its message goes into the cell
            result = {"error": f"{type(problem).__name__}: {problem}"}
        say("done", subject=subject.key, result=result)


def measure(subject: JobSubject, job: Job, open_file: Open, idle_memory: int) -> dict[str, Any]:
    """Return the file of logits, one input at a time, the times, and the memory in MB beyond `idle_memory` bytes."""
    inputs = job.inputs(subject.suite)
    gc.collect()
    started = time.perf_counter()
    run = open_file(subject, (1, *inputs.shape[1:]))
    loaded = time.perf_counter()
    answers = [run(inputs[:1])]
    first = time.perf_counter()
    answers += [run(inputs[i : i + 1]) for i in range(1, len(inputs))]
    samples = time_runs(lambda i: run(inputs[i % len(inputs)][None]), job.warm_seconds)
    return {
        "logits": job.save_logits(subject, np.concatenate(answers).astype(np.float32)),
        "load_ms": (loaded - started) * MS,
        "first_ms": (first - loaded) * MS,
        "samples_ms": samples,
        "runs": len(samples),
        "memory_mb": max(0, psutil.Process().memory_full_info().uss - idle_memory) / 1e6,
    }


def time_runs(run: Callable[[int], Any], seconds: float) -> list[float]:
    """Return the milliseconds of each of up to WARM_RUNS runs, which take `seconds` together at most."""
    samples: list[float] = []
    end = time.perf_counter() + seconds
    while len(samples) < WARM_RUNS and time.perf_counter() < end:
        started = time.perf_counter()
        run(len(samples))
        samples.append((time.perf_counter() - started) * MS)
    return samples
