"""End to end with classes that are words and characters beyond JIS X 0208."""

import json
import unicodedata

import numpy as np
import pytest
from PIL import Image

from export.build import export_model
from export.report.measure import measure_accuracy
from kakitori.spec import read_spec
from training.data.options import Options
from training.data.prepare import prepare
from training.data.published.pictures import find_pictures
from training.evaluation.samples import picture_samples
from training.fit.config import TrainConfig
from training.fit.train import train
from web.build import build_site

THINGS = ("apple", "𠮷", "田")
FOLDERS = ("class_D", "10", unicodedata.normalize("NFD", "が"))
# Ink, in shares of the picture: rows and columns from, to.
SHAPES = (((0.1, 0.9, 0.1, 0.3), (0.1, 0.3, 0.1, 0.9)), ((0.45, 0.55, 0.1, 0.9),), ((0.1, 0.9, 0.45, 0.55),))


def write_things(folder):
    """Write photographs in CIFAR-100's format: red, green and blue squares in noise."""
    rng = np.random.default_rng(1)
    (folder / "fine_label_names.txt").write_text("\n".join(THINGS), encoding="utf-8")
    for split, count in (("train", 150), ("test", 30)):
        labels = np.arange(count) % len(THINGS)
        pixels = rng.integers(0, 60, (count, 3, 32, 32), np.uint8)
        for image, label in zip(pixels, labels, strict=True):
            image[:, 2 + 9 * label : 11 + 9 * label] += 150
        records = np.column_stack([np.zeros(count, np.uint8), labels.astype(np.uint8), pixels.reshape(count, -1)])
        (folder / f"{split}.bin").write_bytes(records.astype(np.uint8).tobytes())


def write_pictures(folder):
    """Write pictures of dark shapes on light paper into folders named after words and a decomposed character."""
    rng = np.random.default_rng(1)
    for name, bars in zip(FOLDERS, SHAPES, strict=True):
        (folder / name).mkdir(parents=True)
        for n in range(50):
            side = int(rng.integers(30, 50))
            pixels = np.full((side, side), 240, np.uint8)
            for bar in bars:
                top, bottom, left, right = (round(side * share) for share in bar)
                pixels[top:bottom, left:right] = 20
            Image.fromarray(pixels).save(folder / name / f"{n}.png")


@pytest.fixture(params=[("cifar100", write_things), ("images", write_pictures)], ids=lambda row: row[0])
def trained(request, tmp_path, monkeypatch):
    """The name of a set, and a model trained on it."""
    monkeypatch.chdir(tmp_path)
    source, write = request.param
    (tmp_path / "files").mkdir()
    write(tmp_path / "files")
    folder = tmp_path / "models" / "own"
    prepare(source, Options(32, tmp_path / "files"), report=lambda line: None)
    train(TrainConfig(folder, dataset=source, size=32, epochs=3, batch_size=15, device="cpu", workers=0),
          report=lambda line: None)  # fmt: skip
    return source, folder


EXPECTED = {"cifar100": (THINGS, [None, None, "4544"]), "images": (("10", "class_D", "が"), [None, None, "242C"])}


def test_words_and_rare_characters_are_classes_in_all_stages(trained, tmp_path):
    source, model = trained
    names, jis = EXPECTED[source]
    assert read_spec(model).get_charset().characters == names
    export_model(model, ["strict"], ["fp32"], report=lambda line: None)
    mapping = json.loads((model / "mapping.json").read_text(encoding="utf-8"))
    assert list(mapping["class_to_char"].values()) == list(names)
    assert list(mapping["class_to_jis"].values()) == jis
    measure_accuracy(model, "strict.fp32", {}, {}, source)
    (entry,) = json.loads((model / "evaluation.json").read_text(encoding="utf-8"))
    assert entry["rows"][0]["top1_percent"] > 80  # chance is a third
    if source == "images":
        pictures = find_pictures(tmp_path / "files").pictures
        assert {sample.char for sample in picture_samples(pictures, read_spec(model))} == set(names)
    build_site([model], tmp_path / "dist", "strict.fp32")
    page = (tmp_path / "dist" / "index.html").read_text(encoding="utf-8")
    assert f"3 classes: {' '.join(names)}" in page
    assert "JIS X 0208 order" not in page
