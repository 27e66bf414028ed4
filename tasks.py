"""The front door: `invoke --list`. Wiring only; each task imports its stage when it runs."""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

from invoke import Collection, Exit, task

from kakitori.errors import KakitoriError

MODEL = "models/kanji"
VARIANT = "strict.int8"
DIST = "dist"
SHEET = "runs/ink_sheet.png"
TEST_MODULES = ("playwright", "psutil", "selenium", "sklearn")  # what only the extra [test] brings


def clear_errors(body: Callable) -> Callable:
    """Turn a user's mistake into its one sentence and exit status 1."""

    @functools.wraps(body)
    def run(*args, **kwargs):
        try:
            return body(*args, **kwargs)
        except KakitoriError as error:
            raise Exit(str(error), code=1) from None
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] in ("training", "export", "web", "wasm_check"):
                raise
            extra = "test" if error.name in TEST_MODULES else "train"
            raise Exit(f'This task needs {error.name}: python -m pip install -e ".[{extra}]"', code=1) from None

    return run


def optional_path(text: str | None) -> Path | None:
    """Return a flag's path, or None where the flag is not given."""
    return Path(text) if text else None


@task(
    help={
        "source": "What to prepare: ink, drawn from KanjiVG's strokes, fonts, or a set of your own: see docs/data.md.",
        "from": "Folder that holds the set's files.",
        "etl-dir": "The same, of ETL files: any of the sets, at any depth.",
        "dataset": "What to make of ETL files: etl9g, etl8g or etl-all; otherwise the smallest that all belong to.",
        "split": "How ETL images are divided: writers, or random-leaking, as earlier systems did.",
        "workers": "Processes that prepare ETL files or fonts.",
        "charset": "Characters to draw in each font.",
        "size": "Image side in pixels.",
        "strokes": "A stroke file; its real writing stands first in each row of the contact sheet.",
        "sheet": "Where to write the contact sheet of ink.",
        "skip-bad": "Leave broken images out, count and list them, instead of stopping at the first.",
        "inspect": "Prepare nothing: show figures and pictures of a prepared set (all of them without a name).",
    },
    optional=["inspect"],
)
@clear_errors
def data(
    c, source="ink", from_=None, etl_dir=None, dataset=None, split="writers", size=64, workers=1, skip_bad=False,
    charset="etl9g", strokes=None, sheet=SHEET, inspect=None,
):  # fmt: skip
    """Prepare and verify a data source, or look at a prepared set."""
    from training.data.prepare import Options, prepare
    from training.data.prepare import inspect as inspect_sets

    if inspect:
        return inspect_sets(None if inspect is True else inspect, size)
    folder = optional_path(from_ or etl_dir)
    prepare(
        source, Options(size, folder, skip_bad, Path(sheet), optional_path(strokes), dataset, split, workers, charset)
    )


@task(
    help={
        "model": "Model directory to write.",
        "arch": "Network: compact, resnet or cnn.",
        "widths": "Channels of the stem and of each stage, such as 24,48,96,144; otherwise the network's own.",
        "pooling": "Pooling before the classifier.",
        "dataset": "What to train on: ink, ink-wide, a prepared set such as etl9g, or several joined by +.",
        "without": "Effects of the hand to leave out of the ink, to measure them: joins,hooks.",
        "mix": "Shares of the parts of a joined data set: 1:3.",
        "size": "Image side in pixels.",
        "epochs": "Passes of 20 images a class (or --sample-limit images).",
        "batch-size": "Images a step and process.",
        "learning-rate": "Peak of the cosine schedule.",
        "class-limit": "Only the first N classes, for quick runs.",
        "sample-limit": "Only N images an epoch, for quick runs.",
        "patience": "Full-size epochs without a better validation top-1 before stopping early.",
        "ema-decay": "Per step, of the weights' moving average.",
        "start-from": "Model directory whose weights the run starts from.",
        "prune": "Share of the channels to take out of the model to start from, those that matter least: 0.3.",
        "prune-steps": "Runs of --epochs each in which --prune is done, bit by bit.",
        "low-rank": "Rank of a classifier in two thin layers; that of a model to start from is factored.",
        "qat": "Quantization-aware: round in training as the INT8 file will; needs --start-from.",
        "teacher": "Model directory of a larger network to learn from too, with this run's size and classes.",
        "teacher-weight": "Share of the teacher in the loss, above 0 up to 1.",
        "teacher-temperature": "Softens both networks' answers where they are compared.",
        "outlier-exposure": "Out-of-distribution drawings for each image, learnt as no class: 0.1 is one for ten.",
        "seed": "Fixes weights and data.",
        "device": "auto, cpu or cuda.",
        "workers": "Processes that draw images.",
        "resume": "Insist on going on from a checkpoint (otherwise it happens where there is one).",
        "fresh": "Delete the checkpoints that are there and start over.",
    }
)
@clear_errors
def train(
    c, model=MODEL, arch=None, widths=None, pooling=None, dataset=None, mix=None, without=None, size=None, epochs=None,
    batch_size=None, learning_rate=None, class_limit=None, sample_limit=None, patience=None, ema_decay=None,
    start_from=None, prune=None, prune_steps=None, low_rank=None, qat=False, teacher=None, teacher_weight=None,
    teacher_temperature=None, outlier_exposure=None, seed=None, device=None, workers=None, resume=False, fresh=False,
):  # fmt: skip
    """Train a network; an interrupted run goes on by itself."""
    flags = {name: value for name, value in locals().items() if name != "c"}
    from export.report.tables import write_card
    from training.fit.config import TrainConfig
    from training.fit.train import train

    spec = train(TrainConfig.from_flags(flags))
    if spec:  # only in the first of several processes
        write_card(Path(model))
        facts = spec.training
        print(f"{model}: validation top-1 {facts['val_top1_percent']} % after {facts['images_seen']:,} images.")


@task(
    iterable=["strokes"],
    help={
        "strokes": "A stroke file of real handwriting to measure on; may be given several times.",
        "epochs": "Of every run.",
        "class-limit": "Only the first N classes.",
        "out": "Folder for the models; an interrupted ablation goes on with what is there.",
    },
)
@clear_errors
def ablate(c, strokes=None, epochs=12, class_limit=None, out="runs/ablation"):
    """Measure what each effect of the ink is worth: a short training run without each."""
    from export.report.tables import ablation_table, replace_tables
    from kakitori.files import read_json, write_text
    from training.fit.ablation import RESULTS, run_ablation
    from training.fit.config import TrainConfig

    flags = {"epochs": epochs, "class_limit": class_limit}
    typed = "".join(f" --{name.replace('_', '-')} {value}" for name, value in flags.items() if value)
    command = f"invoke ablate{typed}" + "".join(f" --strokes {Path(s).name}" for s in strokes)
    run_ablation(TrainConfig.from_flags(flags), [Path(s) for s in strokes], Path(out), command)
    readme = Path("training/README.md")
    text = readme.read_text(encoding="utf-8")
    write_text(readme, replace_tables(text, {"ablation": ablation_table(read_json(RESULTS))}))


@task(
    iterable=["strokes", "images"],
    help={
        "model": "Model directory.",
        "variant": "An exported file such as strict.int8; without it the PyTorch weights.",
        "strokes": "A stroke file (JSON lines, gzipped or not); may be given several times.",
        "images": "A folder of pictures in folders named after their character; may be given several times.",
        "dataset": "Test images of ink, or of a prepared set such as etl9g.",
        "corruptions": "Measure the stroke files turned, slanted, joined, photographed and so on, too.",
        "confusables": "Measure groups of characters that are easily confused, too.",
        "confidence": "Measure how far probabilities can be trusted, and what is refused; with ink, outliers too.",
        "errors": "Folder for a picture of each set's misread samples.",
    },
)
@clear_errors
def evaluate(
    c, model=MODEL, variant=None, strokes=None, images=None, dataset=None, corruptions=False, confusables=False,
    confidence=False, errors=None,
):  # fmt: skip
    """Measure accuracy by source and writer; write it to the model's evaluation.json."""
    from export.report.measure import Further, measure_accuracy

    further = Further(corruptions, confusables, confidence, optional_path(errors))
    measure_accuracy(Path(model), variant, [Path(s) for s in strokes], [Path(i) for i in images], dataset, further)


@task(help={"model": "Model directory."})
@clear_errors
def calibrate(c, model=MODEL):
    """Fit the probabilities and the answer "unsure" anew, as training does at its end."""
    from export.report.tables import write_card
    from training.fit.calibration import calibrate

    confidence = calibrate(Path(model)).confidence
    write_card(Path(model))
    print(
        f"{model}: temperature {confidence.temperature:g}, unsure below {100 * confidence.threshold:.3g} % at "
        f"temperature {confidence.rejection_temperature:g}; fitted on {confidence.images:,} held-out images of "
        f"{confidence.fitted_on}."
    )


@task(
    help={
        "backend": "Comma-separated: tract, ort-tract, strict; or all.",
        "pooling": "A pooling other than the trained one; what fits the weights is legal.",
        "precision": "Comma-separated: fp32, fp16, int8, int8-dynamic, int8-weights, int4-weights; or all.",
        "model": "Model directory.",
        "list": "Only print the tables of backends, operators, poolings and precisions.",
    }
)
@clear_errors
def export(c, backend="tract", pooling=None, precision="fp32,int8", model=MODEL, list=False):
    """Write ONNX files that have passed every check, mapping.json and manifest.json."""
    if list:
        from export.listing import print_listing

        return print_listing()
    from export.build import export_model

    export_model(Path(model), backend.split(","), precision.split(","), pooling)


@task(
    iterable=["model"],
    help={
        "model": "Model directory; given several times, the page begins with the first and can switch.",
        "variant": "The exported file that the page runs.",
        "out": "Folder to write.",
    },
)
@clear_errors
def site(c, model=None, variant=VARIANT, out=DIST):
    """Render the static page into dist/."""
    from web.build import build_site

    built = build_site([Path(m) for m in model or [MODEL]], Path(out), variant)
    print(
        f"{out}: {built['files']} files with {variant}; a first visit takes {built['raw_bytes'] / 1e6:.1f} MB, "
        f"{built['gzip_bytes'] / 1e6:.1f} MB where the server compresses. See it with `invoke serve`."
    )


@task(help={"port": "Port to listen on; 0 takes a free one.", "dist": "Folder to serve."})
@clear_errors
def serve(c, port=0, dist=DIST):
    """Serve the built page on this machine, with the headers it should have in production."""
    from web.serve import serve

    serve(Path(dist), port)


@task(
    iterable=["strokes"],
    help={
        "model": "Model directory; variants that are not exported yet are exported first.",
        "variant": "Comma-separated variants such as strict.fp32,strict.int8; without it all.",
        "engine": "Comma-separated engines such as onnxruntime,ort-web; without it all.",
        "browser": "Comma-separated browsers: chromium, firefox, webkit; without it all.",
        "strokes": "A stroke file: measure accuracy on handwriting in every engine; may be given several times.",
        "onnx": "Your own ONNX classifier instead of a model; needs --inputs.",
        "inputs": "For --onnx: an npz file with `inputs`, (N, …) float32, and `logits`, if the answers are known.",
        "out": "Folder for compat.json, compat.csv and compat.html.",
        "timeout": "Seconds that one file may take in one engine.",
    }
)
@clear_errors
def compat(
    c, model=MODEL, variant="", engine="", browser="", strokes=None, onnx=None, inputs=None, out="runs/compat",
    timeout=120,
):  # fmt: skip
    """Run every variant in every engine and browser; write the matrix as a page and figures."""
    from wasm_check.compat import Selection, compat, compat_file

    selection = Selection.from_flags(variant, engine, browser)
    if bool(onnx) != bool(inputs):
        raise Exit("--onnx FILE and --inputs FILE.npz go together: name both.", code=1)
    if onnx:
        compat_file(Path(onnx), Path(inputs), selection, Path(out), timeout)
    else:
        compat(Path(model), selection, Path(out), Path("README.md"), [Path(s) for s in strokes], timeout)


@task(help={"model": "Model directory.", "readme": "File whose tables are written anew (models/kanji: README.md)."})
@clear_errors
def bench(c, model=MODEL, readme=None):
    """Measure speed and sizes, beside the model that pages run too; write bench.json and the README's tables."""
    from export.report.bench import run_bench
    from wasm_check.speed import time_in_chromium

    run_bench(Path(model), optional_path(readme or ("README.md" if model == MODEL else None)), time_in_chromium)


@task(help={"model": "Model directory.", "variant": "The exported file that the page runs.", "dist": "The page."})
@clear_errors
def doctor(c, model=MODEL, variant=VARIANT, dist=DIST):
    """Show what this machine has and lacks for each task, and the command that mends it."""
    from rich.console import Console

    from doctor import examine, show

    if not show(examine(Path(model), variant, Path(dist)), Console()):
        raise Exit("Not all of data, train, calibrate, evaluate, export and site can run here yet: see above.", code=1)


@task(
    help={
        "file": "A stroke file (JSON lines, gzipped or not) or a picture of one character; more may follow after --.",
        "model": "Model directory.",
        "variant": "An exported file such as strict.int8.",
        "top-k": "Number of candidates.",
        "json": "Print one line of JSON for each drawing and picture.",
    }
)
@clear_errors
def read(c, file, model=MODEL, variant=VARIANT, top_k=10, json=False):
    """Recognize the characters of stroke files and pictures: `invoke read FILE -- FILE FILE`."""
    from kakitori.cli import print_readings

    print_readings([file, *c.remainder.split()], model, variant, top_k, json)


@task(
    name="test",
    help={
        "install-browsers": "Install Chromium (with --all, Firefox and WebKitGTK too) where it is missing.",
        "all": "Slow tests too, in every engine and browser (minutes).",
    },
)
@clear_errors
def run_tests(c, install_browsers=False, all=False):
    """Run the tests."""
    from web.browsers import BROWSERS
    from web.browsers import install_browsers as install

    if install_browsers:
        install(BROWSERS if all else ["chromium"])
    marks = "not gpu" if all else "not slow and not gpu"
    c.run(f'"{sys.executable}" -m pytest -m "{marks}"', pty=sys.stdout.isatty(), env=os.environ)


ns = Collection(data, train, ablate, calibrate, evaluate, export, site, serve, compat, bench, read, doctor, run_tests)
