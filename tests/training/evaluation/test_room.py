"""training.evaluation as a whole: its imports, and the seeds of its random images."""

import subprocess
import sys

from kakitori.charset import get_charset
from training.ink.out_of_distribution import SEEDS, outlier_makers


def test_it_loads_without_torch_and_onnx(root):
    names = [path.stem for path in (root / "training" / "evaluation").glob("*.py")]
    blocked = "sys.modules.update(torch=None, onnx=None, onnxruntime=None)"
    code = f"import sys, importlib; {blocked}; [importlib.import_module('training.evaluation.' + n) for n in {names}]"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


def test_every_out_of_distribution_kind_has_a_seed_of_its_own():
    assert set(outlier_makers(get_charset("etl9g"))) == set(SEEDS)
    assert len(set(SEEDS.values())) == len(SEEDS)


def test_every_kind_of_outlier_exposure_has_a_seed_of_its_own():
    from training.fit.outlier_exposure import HELD_OUT_KINDS
    from training.fit.outlier_exposure import SEEDS as EXPOSED

    assert set(EXPOSED) == set(SEEDS) - set(HELD_OUT_KINDS)
    assert len(set(EXPOSED.values())) == len(EXPOSED)
