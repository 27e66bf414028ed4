"""The inspection of a prepared set: figures, pictures, and classes with the images of another character."""

import numpy as np
import pytest
from PIL import Image

from kakitori.charset import Charset
from kakitori.errors import DataError
from kakitori.spec import KANJIVG_LICENCE
from training.data.inspection import compare_shapes, shrink, survey
from training.data.prepare import inspect
from training.data.prepared import RECORD, open_prepared, prepared_folder
from training.data.prepared_writer import PreparedWriter
from training.ink.source import InkSource

CHARACTERS = tuple("あ一田由口目本木大犬")
SIZE, EACH = 32, 12


def write_set(order, name="ink"):
    """Write a set of EACH images of every character, labelled in an order that may be wrong."""
    charset = Charset(name, CHARACTERS)
    labels = np.repeat(np.arange(len(charset)), EACH)
    writer = PreparedWriter(prepared_folder(name, SIZE), charset, SIZE, len(labels), {})
    writer.write(0, images=InkSource(charset).images(labels, SIZE, (9,)), labels=np.array(order)[labels],
                 splits=np.tile(np.arange(EACH) // 8, len(charset)), records=np.zeros(len(labels), RECORD))  # fmt: skip
    facts = {"name": name, "split": {"how": "by hand"}, "files": [], "preprocessing": {}, "licence": KANJIVG_LICENCE}
    return writer.finish(facts)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("training.data.inspection.BENCH_SECONDS", 0.01)


def test_figures_and_pictures(tmp_path):
    write_set(range(10))
    lines = []
    inspect("ink", SIZE, lines.append)
    text = "\n".join(lines)
    assert "120 images of 32 x 32 pixels, 10 classes" in text
    assert "80 train, 40 validation, 0 test; by hand" in text
    assert "from 12 images (あ) to 12 (あ) a class, median 12" in text
    assert "classes without images in train: 0, validation: 0, test: 10" in text
    assert "田 is class 2, JIS 4544, and its images are most similar to it, as expected." in text
    for name, size in {
        "contact_sheet": (16 * 34 + 2, 10 * 34 + 2),
        "training_images": (16 * 34 + 2, 10 * 34 + 2),
        "mean_images": (10 * 34 + 2, 36),
    }.items():
        with Image.open(tmp_path / "runs" / "ink-32" / f"{name}.png") as picture:
            assert picture.size == size
    assert (tmp_path / "runs" / "ink-32" / "class_balance.png").stat().st_size > 1000


def test_classes_shifted_by_one_are_found():
    right, wrong = write_set(range(10), "right"), write_set(np.roll(np.arange(10), 1), "wrong")
    likeness = [compare_shapes(survey(prepared).means, prepared.charset) for prepared in (right, wrong)]
    assert likeness[0].own_first_percent >= 90
    assert likeness[0].landmark == (2, 1, "田")
    assert likeness[1].own_first_percent <= 10
    assert likeness[1].landmark[1] > 1
    assert likeness[1].landmark[2] == "由"  # what the images labelled 田 show
    lines = []
    inspect("wrong", SIZE, lines.append)
    assert any("most similar to 由, with 田 at rank" in line for line in lines)


def test_means_and_counts_are_those_of_the_images(monkeypatch):
    prepared = write_set(range(10))
    monkeypatch.setattr("training.data.inspection.CHUNK", 7)
    found = survey(prepared)
    of_ta = prepared.images[prepared.labels == 2]
    assert found.means[2] == pytest.approx(of_ta.mean(axis=0) / 255, abs=1e-5)
    assert found.ink == pytest.approx(prepared.images.mean() / 255, abs=1e-6)
    assert found.counts.tolist() == [[8] * 10, [4] * 10, [0] * 10]
    assert found.blank == 0


def test_classes_unknown_to_kanjivg_are_not_compared():
    charset = Charset("named", ("apple", "bear"))
    assert compare_shapes(np.ones((2, 32, 32)), charset) is None


@pytest.mark.parametrize(("size", "side"), [(64, 32), (48, 32), (32, 32)])
def test_shrinking_keeps_place_and_ink(size, side):
    image = np.zeros((size, size))
    image[: size // 2] = 1
    assert shrink(image, side).mean(axis=1) == pytest.approx(np.repeat([1, 0], side // 2))


def test_all_sets_of_a_size_are_shown_without_a_name(tmp_path):
    with pytest.raises(DataError, match="no prepared set of 32 pixels"):
        inspect(None, SIZE, print)
    write_set(range(10), "one")
    write_set(range(10), "two")
    lines = []
    inspect(None, SIZE, lines.append)
    shown = [line.split(":")[0] for line in lines if "images of 32 x 32" in line]
    assert shown == ["datasets/one-32", "datasets/two-32"]
    with pytest.raises(DataError, match="Unknown dataset 'three'"):
        inspect("three", SIZE, print)
    assert len(open_prepared(tmp_path / "datasets" / "one-32")) == 120
