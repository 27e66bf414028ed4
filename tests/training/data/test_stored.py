"""Prepared sets and mixtures as sources of images, and models measured on them."""

import pickle

import numpy as np
import pytest

from kakitori.charset import Charset, get_charset
from kakitori.errors import DataError, KakitoriError
from kakitori.spec import ModelSpec
from training.data.mixed import RARE, MixedSource
from training.data.prepared import RECORD, SPLITS, TEST, TRAIN, VALIDATION, prepared_folder
from training.data.prepared_writer import PreparedWriter
from training.data.registry import join_charsets, open_dataset, open_source, parse_shares
from training.data.stored import StoredSource
from training.evaluation.accuracy import evaluate_prepared
from training.fit.batches import training_batches

SIZE = 32
LICENCE = {"source": "nobody", "url": "", "licence": "none", "attribution": "By nobody."}


def make_set(name, characters, labels, splits, writers=None):
    """Write a prepared set of bars: the length is the row's number, the position its class."""
    labels = np.array(labels)
    images = np.zeros((len(labels), SIZE, SIZE), np.uint8)
    for row, (image, label) in enumerate(zip(images, labels, strict=True)):
        image[2 * label + 1, : row + 1] = 255
    writer = PreparedWriter(prepared_folder(name, SIZE), Charset(name, tuple(characters)), SIZE, len(labels), {})
    writer.write(0, images=images, labels=labels, splits=np.array(splits), records=np.zeros(len(labels), RECORD))
    if writers is not None:
        writer.write(0, writers=np.array(writers))
    facts = {"name": name, "split": {"how": "by hand"}, "files": [], "preprocessing": {}, "licence": LICENCE}
    return writer.finish(facts)


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A set of 3 classes: 6, 2 and 1 training images, 2, 1 and 0 of the others each."""
    monkeypatch.chdir(tmp_path)
    labels = [0] * 10 + [1] * 4 + [2]
    splits = [0] * 6 + [1] * 2 + [2] * 2 + [0, 0, 1, 2] + [0]
    return make_set("three", "あいう", labels, splits, [7] * 9 + [8] * 6)


def rows_of(images):
    """Return which row of the set (N,) each undistorted image is."""
    return (images > 0).sum(axis=(1, 2)) - 1


def test_every_image_is_of_its_class_and_split(prepared):
    source = StoredSource(prepared.folder, prepared.charset, augment=False)
    labels = np.repeat([0, 1], 50)
    for stream in range(len(SPLITS)):
        rows = rows_of(source.images(labels, SIZE, (stream, 1)))
        assert (prepared.labels[rows] == labels).all()
        assert set(rows) == set(prepared.rows(SPLITS[stream])) - {14}  # every row is drawn
    assert source.counts(TRAIN).tolist() == [6, 2, 1]
    with pytest.raises(ValueError, match="no test image of classes"):
        source.images(np.array([2]), SIZE, (TEST, 0))


def test_another_seed_gives_other_images(prepared):
    source = StoredSource(prepared.folder, prepared.charset)
    labels = np.zeros(20, int)
    first, again, other = (source.images(labels, SIZE, (TRAIN, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_held_out_images_are_returned_once_and_undistorted(prepared):
    images, labels = StoredSource(prepared.folder, prepared.charset).held_out(TEST, SIZE, 1)
    assert rows_of(images).tolist() == [8, 9, 13]
    assert labels.tolist() == [0, 0, 1]


def test_smaller_images_keep_their_ink(prepared):
    source = StoredSource(prepared.folder, prepared.charset)
    full, half = (source.held_out(TEST, size, 1)[0].mean(axis=(1, 2)) for size in (SIZE, SIZE // 2))
    assert half == pytest.approx(full, rel=0.05)


def test_a_limited_charset_leaves_the_other_classes_out(prepared):
    source = StoredSource(prepared.folder, Charset("three", ("う", "あ")), augment=False)
    assert source.counts(TRAIN).tolist() == [1, 6]
    assert rows_of(source.images(np.array([0, 1]), SIZE, (TRAIN, 1)))[0] == 14


def test_a_pickled_source_does_not_contain_the_images(prepared):
    source = StoredSource(prepared.folder, prepared.charset)
    content = pickle.dumps(source)
    assert len(content) < 1000
    again = pickle.loads(content)
    assert np.array_equal(again.held_out(0, SIZE, 1)[0], source.held_out(0, SIZE, 1)[0])


def test_batches_of_a_set_do_not_depend_on_the_number_of_workers(prepared):
    source = StoredSource(prepared.folder, prepared.charset)
    loaders = [training_batches(source, prepared.charset, 32, 8, SIZE, 1, 1, workers=n) for n in (0, 2)]
    for (a, la), (b, lb) in zip(*loaders, strict=True):
        assert a.equal(b)
        assert la.equal(lb)


class Flat:
    """A source whose images are all of one shade, with so many of each class."""

    images_per_epoch = 9

    def __init__(self, shade, counts):
        self.shade, self._counts = shade, np.array(counts, float)

    def counts(self, stream):
        return self._counts

    def images(self, labels, size, seed):
        return np.full((len(labels), size, size), self.shade, np.uint8)


def test_a_mixture_keeps_its_shares_and_draws_rare_classes_more():
    mixed = MixedSource([Flat(1, [np.inf] * 3), Flat(2, [RARE * 5, RARE / 2, 0])], [1, 3])
    shares = [(mixed.images(np.full(4000, label), 2, (TRAIN, 1))[:, 0, 0] == 2).mean() for label in range(3)]
    assert shares == pytest.approx([3 / 4, 1.5 / 2.5, 0], abs=0.03)
    assert shares[2] == 0


def test_ink_and_a_set_are_opened_together(prepared):
    data = open_dataset("ink+three", SIZE, mix="1:2")
    assert data.charset == prepared.charset
    assert data.source.images_per_epoch == 3 * 20 + 9
    assert data.source.pen_radius(64) == ModelSpec.radius, "strokes are drawn with the pen that the ink is drawn with"
    assert "KanjiVG" in data.licences[0]["attribution"]
    assert "By nobody." in data.licences[1]["attribution"]
    images, labels = data.source.held_out(VALIDATION, SIZE, 9)
    assert labels.tolist() == [0, 1, 2] * 3 + [0, 0, 1]
    assert images.shape == (12, SIZE, SIZE)


def test_sets_are_joined_by_character(prepared):
    make_set("two", "えい", [0, 1, 1], [0, 0, 2])
    data = open_dataset("three+two", SIZE)
    assert data.charset.characters == tuple("あいうえ")
    assert data.source.counts(TRAIN).tolist() == [6, 3, 1, 1]
    assert open_dataset("three+two", SIZE, class_limit=2).charset.characters == tuple("あい")


def test_equal_charsets_are_joined_to_the_same_charset():
    assert join_charsets([get_charset("etl9g"), get_charset("etl9g")]) is get_charset("etl9g")


@pytest.mark.parametrize("mix", ["1", "1:2:3", "1:0", "1:-1", "one:two", "1:inf", "1:nan", 3, [1, 2]])
def test_shares_that_do_not_fit_are_refused(mix):
    with pytest.raises(KakitoriError, match=r"--mix .*expected 2 number\(s\) above 0.*ink, etl9g, such as 1:1"):
        parse_shares(mix, ["ink", "etl9g"])


def test_the_error_for_an_unknown_set_lists_the_prepared_sets(prepared):
    message = r"Unknown dataset 'etl9g'.*datasets/etl9g-32.*--size 32.*prepared are: three-32"
    with pytest.raises(KakitoriError, match=message):
        open_dataset("etl9g", 32)


@pytest.mark.parametrize("name", ["../../../tmp/x", "ink+../x", "ink+", 7, None])
@pytest.mark.parametrize("open_", [open_dataset, lambda name, size: open_source(name, size, get_charset("etl9g", 5))])
def test_a_name_in_a_config_is_never_a_path(open_, name):
    with pytest.raises(DataError, match="The data set's name is"):
        open_(name, SIZE)


@pytest.mark.parametrize("effect", ["joins", "nonsense"])
def test_effects_are_left_out_of_generated_ink_only(prepared, effect):
    with pytest.raises(KakitoriError, match=f"--without {effect} leaves effects out of generated ink, and 'three'"):
        open_dataset("three", SIZE, without=[effect])


def test_every_test_image_is_read_once_by_writer(prepared):
    def predict(inputs):
        logits = np.zeros((len(inputs), 3))
        logits[:, 0] = 1  # あ for everything
        return logits

    rows = {row.writer: row for row in evaluate_prepared(prepared, prepared.charset, predict)}
    assert {writer: row.characters for writer, row in rows.items()} == {"writer 7": 1, "writer 8": 2, "all": 3}
    assert rows["all"].top1_percent == 66.667
    assert rows["all"].balanced_percent == 50  # あ 2 of 2, い 0 of 1
    (*_, last) = evaluate_prepared(prepared, Charset("a", ("あ", "ん")), lambda x: np.tile([1.0, 0.0], (len(x), 1)))
    assert (last.characters, last.outside_charset, last.top1_percent) == (2, 1, 100)


def test_the_pen_is_as_wide_as_the_strokes(tmp_path, monkeypatch):
    from training.ink.rasteriser import rasterise

    monkeypatch.chdir(tmp_path)
    made = make_set("pen", "あい", [0, 1], [0, 0])
    images = np.load(made.folder / "images.npy", mmap_mode="r+")
    for radius in (1.0, 2.5):
        images[:] = np.round(255 * rasterise([[[0, 0], [50, 90], [100, 0]]], SIZE, 0.1, radius))
        assert StoredSource(made.folder, made.charset).pen_radius(SIZE) == pytest.approx(radius, rel=0.15)


def test_a_charset_that_is_not_listed_is_stored_in_the_config(tmp_path):
    from kakitori.spec import read_spec, write_spec

    charset = Charset("images", ("apple", "田"))
    spec = ModelSpec("resnet", (4, 8), "adaptive_avg", "images", 2, charset.digest, characters=charset.characters)
    write_spec(spec, tmp_path)
    assert read_spec(tmp_path).get_charset() == charset


def test_many_writers_are_measured_together(prepared, monkeypatch):
    monkeypatch.setattr("training.evaluation.accuracy.MOST_WRITERS", 1)
    (row,) = evaluate_prepared(prepared, prepared.charset, lambda x: np.tile([1.0, 0.0, 0.0], (len(x), 1)))
    assert (row.writer, row.characters) == ("all", 3)


def test_a_set_without_training_images_is_refused(prepared):
    with pytest.raises(KakitoriError, match="no image to train on of the 2 classes"):
        StoredSource(prepared.folder, Charset("others", ("え", "お")))
    nothing = MixedSource([Flat(1, [0, 1]), Flat(2, [0, 1])], [1, 1])
    with pytest.raises(ValueError, match="no source has an image of classes"):
        nothing.images(np.array([0, 1]), 2, (TRAIN, 1))
