"""A set whose classes are words and characters beyond JIS, from files to a page: nothing may assume kanji."""

import json

import numpy as np
import pytest

from export.build import export_model
from export.report.measure import measure_accuracy
from kakitori.spec import read_spec
from training.data.prepare import Options, prepare
from training.fit.config import TrainConfig
from training.fit.train import train
from web.build import build_site

NAMES = ("apple", "𠮷", "田")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model of photographs in CIFAR-100's format: red, green and blue squares in noise."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    (tmp_path / "fine_label_names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    for split, count in (("train", 150), ("test", 30)):
        labels = np.arange(count) % len(NAMES)
        pixels = rng.integers(0, 60, (count, 3, 32, 32), np.uint8)
        for image, label in zip(pixels, labels, strict=True):
            image[:, 2 + 9 * label : 11 + 9 * label] += 150
        records = np.column_stack([np.zeros(count, np.uint8), labels.astype(np.uint8), pixels.reshape(count, -1)])
        (tmp_path / f"{split}.bin").write_bytes(records.astype(np.uint8).tobytes())
    folder = tmp_path / "models" / "things"
    prepare("cifar100", Options(32, tmp_path), report=lambda line: None)
    train(TrainConfig(folder, dataset="cifar100", size=32, epochs=3, batch_size=15, device="cpu", workers=0),
          report=lambda line: None)  # fmt: skip
    return folder


def test_words_and_rare_characters_go_all_the_way(model, tmp_path):
    assert read_spec(model).get_charset().characters == NAMES
    export_model(model, ["strict"], ["fp32"], report=lambda line: None)
    mapping = json.loads((model / "mapping.json").read_text(encoding="utf-8"))
    assert list(mapping["class_to_char"].values()) == list(NAMES)
    assert list(mapping["class_to_jis"].values()) == [None, None, "4544"]
    measure_accuracy(model, "strict.fp32", {}, {}, "cifar100")
    (entry,) = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert entry["rows"][0]["top1_percent"] > 80  # chance is a third
    build_site([model], tmp_path / "dist", "strict.fp32")
    page = (tmp_path / "dist" / "index.html").read_text(encoding="utf-8")
    assert "3 classes: apple 𠮷 田" in page
    assert "JIS X 0208 order" not in page
