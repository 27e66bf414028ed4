"""Published sets, prepared from files in the published formats that are written here byte by byte."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from kakitori.errors import DataError
from training.data.options import Options
from training.data.prepare import prepare
from training.data.prepared import SPLITS, open_prepared
from training.data.published.idx import read_array
from training.data.published.prepare import fit_levels, split_part
from training.data.published.sets import PUBLISHED


def drawings(count, side=28):
    """Return white bars on black, (count, side, side) uint8, each its own width, none symmetric."""
    images = np.zeros((count, side, side), np.uint8)
    for n, image in enumerate(images):
        image[4 : 12 + n % 5, 6:9] = 255
        image[4:6, 6:20] = 200
    return images


def idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_mnist(folder, count=40, labels=None, prefix="", test="t10k", pack=gzip.compress, images=None):
    """Write the four files of a set in MNIST's format; labels run through 0..9 unless given."""
    for split, n in (("train", count), (test, count // 2)):
        kinds = {
            "images-idx3": drawings(n) if images is None else images[:n],
            "labels-idx1": np.arange(n, dtype=np.uint8) % 10 if labels is None else np.array(labels[:n], np.uint8),
        }
        for kind, array in kinds.items():
            (folder / f"{prefix}{split}-{kind}-ubyte.gz").write_bytes(pack(idx(array)))


def run(monkeypatch, tmp_path, source, folder=None, **options):
    monkeypatch.chdir(tmp_path)
    lines = []
    prepare(source, Options(32, folder, **options), lines.append)
    return open_prepared(tmp_path / "datasets" / f"{source}-32"), lines


@pytest.mark.parametrize("source", ["mnist", "kmnist"])
def test_idx_files_become_a_prepared_set(tmp_path, monkeypatch, source):
    folder = tmp_path / "files" / "deeper"
    folder.mkdir(parents=True)
    write_mnist(folder)
    prepared, lines = run(monkeypatch, tmp_path, source, tmp_path / "files")
    assert len(prepared.charset) == 10
    assert prepared.labels.tolist() == [n % 10 for n in (*range(40), *range(20))]
    assert (prepared.splits[40:] == SPLITS.index("test")).all()
    assert prepared.metadata.split.counts == {"train": 30, "validation": 10, "test": 20}
    assert prepared.records[41].tolist() == (1, 1, 16 + 784)
    assert prepared.metadata.files[0].records == 40
    # 14 pixels wide and 12 high: the width fills all but the margin of 1.6 pixels each side.
    columns, rows = (np.flatnonzero(prepared.images[4].max(axis=axis) > 127) for axis in (0, 1))
    assert (columns[0], columns[-1], rows[0], rows[-1]) == (2, 29, 4, 27)
    assert "60 images of 10 classes, 30 train, 10 validation, 20 test" in lines[-1]


def test_npz_files_of_kuzushiji_49(tmp_path, monkeypatch):
    for split, count in (("train", 147), ("test", 49)):
        np.savez_compressed(tmp_path / f"k49-{split}-imgs.npz", drawings(count))
        np.savez_compressed(tmp_path / f"k49-{split}-labels.npz", np.arange(count, dtype=np.uint8) % 49)
    prepared, _ = run(monkeypatch, tmp_path, "k49", tmp_path)
    assert (prepared.charset.characters[0], prepared.charset.characters[-1]) == ("あ", "ゝ")
    assert len(prepared.rows("test")) == 49


def test_emnist_is_transposed_and_labels_of_letters_begin_at_one(tmp_path, monkeypatch):
    (tmp_path / "emnist-letters-mapping.txt").write_text("".join(f"{n} {64 + n} {96 + n}\n" for n in range(1, 27)))
    upright = drawings(52)
    labels = np.tile(np.arange(1, 27), 2)
    write_mnist(tmp_path, 52, labels, "emnist-letters-", "test", images=upright.transpose(0, 2, 1))
    prepared, _ = run(monkeypatch, tmp_path, "emnist-letters", tmp_path)
    assert "".join(prepared.charset.characters) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert prepared.labels[:26].tolist() == list(range(26))
    assert np.array_equal(prepared.images[:26], fit_levels(upright[:26], 32)[0])
    assert not np.array_equal(prepared.images[0], prepared.images[0].T)


def test_cifar_becomes_grey_with_named_classes(tmp_path, monkeypatch):
    (tmp_path / "fine_label_names.txt").write_text("apple\naquarium_fish\nbaby\n")
    for split, count in (("train", 30), ("test", 6)):
        records = [bytes([9, n % 3]) + bytes([255]) * 1024 + bytes(1024) + bytes([n]) * 1024 for n in range(count)]
        (tmp_path / f"{split}.bin").write_bytes(b"".join(records))
    prepared, _ = run(monkeypatch, tmp_path, "cifar100", tmp_path)
    assert prepared.charset.characters == ("apple", "aquarium_fish", "baby")
    assert prepared.charset.jis(0) is None
    # Red without green is luminance 0.299: white is paper, so the rest is ink.
    assert np.ptp(prepared.images[0]) == 0
    assert prepared.images[0, 0, 0] == pytest.approx(255 * (1 - 0.299), abs=1)
    assert prepared.records[31].tolist() == (1, 1, 2 + 3074)


@pytest.fixture
def pictures(tmp_path):
    """Return a folder of pictures: 田 dark on light, U+4E00 light on dark."""
    for name, ink, paper in (("田", 0, 255), ("U+4E00", 250, 20)):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for n, drawing in enumerate(drawings(10, 40)):
            picture = np.where(drawing > 0, ink, paper).astype(np.uint8)
            Image.fromarray(picture).save(folder / f"{n}.png")
    return tmp_path / "pictures"


@pytest.mark.parametrize("source", ["images", "kuzushiji-kanji"])
def test_a_folder_of_pictures_has_its_own_classes(tmp_path, monkeypatch, pictures, source):
    prepared, _ = run(monkeypatch, tmp_path, source, pictures)
    assert (prepared.charset.name, prepared.charset.characters) == (source, ("一", "田"))
    assert prepared.metadata.split.counts == {"train": 16, "validation": 2, "test": 2}
    assert np.array_equal(prepared.images[0], prepared.images[10])  # polarity is found
    file = prepared.metadata.files[prepared.records["file"][12]]
    assert (file.path.endswith("2.png"), file.records) == (True, 1)


def test_digits_come_with_scikit_learn(tmp_path, monkeypatch):
    prepared, _ = run(monkeypatch, tmp_path, "digits")
    assert (len(prepared), "".join(prepared.charset.characters)) == (1797, "0123456789")
    assert min(np.bincount(prepared.labels[prepared.rows("test")])) >= 17


def test_a_blank_picture_is_named_or_left_out(tmp_path, monkeypatch, pictures):
    Image.fromarray(np.full((9, 9), 255, np.uint8)).save(pictures / "田" / "3.png")
    with pytest.raises(DataError, match=r"田/3\.png: .*shows no ink.*--skip-bad"):
        run(monkeypatch, tmp_path, "images", pictures)
    prepared, lines = run(monkeypatch, tmp_path, "images", pictures, skip_bad=True)
    assert np.bincount(prepared.labels).tolist() == [10, 9]
    assert "3.png" in prepared.metadata.bad[0]
    assert "Left out" in lines[0]
    assert "1 left out" in lines[-1]


def test_a_blank_image_is_named_with_its_record_and_offset(tmp_path, monkeypatch):
    images = drawings(40)
    images[7] = 0
    write_mnist(tmp_path, images=images)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz, record 7, offset 5,504: .*no ink"):
        run(monkeypatch, tmp_path, "mnist", tmp_path)


def test_an_interrupted_run_resumes(tmp_path, monkeypatch):
    write_mnist(tmp_path)
    import training.data.published.prepare as module

    monkeypatch.setattr(module, "CHUNK", 8)
    chunks, fit = [], module.FITS["levels"]

    def stops(images, size):
        if len(chunks) == 3:
            raise KeyboardInterrupt
        return counts(images, size)

    def counts(images, size):
        chunks.append(len(images))
        return fit(images, size)

    with monkeypatch.context() as patch:
        patch.setitem(module.FITS, "levels", stops)
        with pytest.raises(KeyboardInterrupt):
            run(monkeypatch, tmp_path, "mnist", tmp_path)
    monkeypatch.setitem(module.FITS, "levels", counts)
    prepared, _ = run(monkeypatch, tmp_path, "mnist", tmp_path)
    assert chunks == [8] * 7 + [4]
    assert (prepared.images.max(axis=(1, 2)) == 255).all()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "t10k-labels-idx1-ubyte.gz").unlink(), r"holds no t10k-labels-idx1-ubyte.*--from"),
        (lambda f: cut(f / "train-images-idx3-ubyte.gz", 90), "cannot be read"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", idx(drawings(3))[:-5]), r"promises 2,352 bytes and 2,347"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", idx(drawings(3)) + b"x"), "more than 2,352 follow"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", b"\0\0\x08\x03" + b"\xff" * 12), "of a sensible length"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", b"PNG?"), "is no IDX file of bytes"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", b""), "begins with nothing"),
        (lambda f: put(f / "train-images-idx3-ubyte.gz", idx(drawings(39))), "do not belong together"),
        (lambda f: write_mnist(f, labels=[0] * 6 + [10] * 40), r"labels-idx1-ubyte\.gz, record 6, offset 14.*class 10"),
        (lambda f: write_mnist(f / "..", pack=lambda b: b), "2 times"),
    ],
)
def test_damaged_files_are_named(tmp_path, monkeypatch, damage, message):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    write_mnist(folder)
    damage(folder)
    with pytest.raises(DataError, match=message):
        run(monkeypatch, tmp_path, "mnist", tmp_path / "a")
    assert not (tmp_path / "datasets" / "mnist-32").exists()


def put(path, content):
    path.write_bytes(gzip.compress(content))


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def test_an_archive_of_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "objects.npz", np.array([{}], object))
    np.savez(tmp_path / "floats.npz", np.zeros(3))
    np.savez(tmp_path / "named.npz", images=np.zeros(3, np.uint8))
    (tmp_path / "text.npz").write_text("hello")
    for name, message in {"objects": "allow_pickle", "floats": "float64", "named": "arr_0", "text": "."}.items():
        with pytest.raises(DataError, match=message):
            read_array(tmp_path / f"{name}.npz")


@pytest.mark.parametrize("source", [name for name, row in PUBLISHED.items() if row.needs_files])
def test_missing_files_are_named(tmp_path, monkeypatch, source):
    with pytest.raises(DataError, match="--from"):
        run(monkeypatch, tmp_path, source)
    with pytest.raises(DataError, match=str(tmp_path)):
        run(monkeypatch, tmp_path, source, tmp_path)


def test_a_class_of_two_images_is_for_training_alone():
    labels = np.repeat([0, 1, 2], [2, 3, 50])
    splits = split_part(labels, None)
    counts = np.array([np.bincount(splits[labels == label], minlength=3) for label in range(3)])
    assert counts.tolist() == [[2, 0, 0], [1, 1, 1], [40, 5, 5]]
    assert np.array_equal(splits, split_part(labels, None))
    assert not np.array_equal(splits, split_part(labels, None, seed=2))


def test_every_set_is_in_the_documentation(root):
    text = (root / "docs" / "data.md").read_text(encoding="utf-8")
    for name, row in PUBLISHED.items():
        _, dash, last = name.partition("-")
        names = {f"`{name}`"} | ({f"`-{last}`"} if dash else set())  # of a family, short after its first
        assert any(shown in text for shown in names), name
        assert row.licence["licence"].split(":")[0].split(" (")[0] in text or name == "images"


VALID = {".gz": gzip.compress(idx(drawings(2))), ".idx": idx(drawings(2))}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from([".gz", ".idx", ".npz"]),
    place=st.integers(0, 200),
    replaced=st.integers(0, 8),
    junk=st.binary(max_size=24),
)
def test_any_damaged_file_is_read_or_refused_with_its_name(tmp_path, suffix, place, replaced, junk):
    valid = VALID.get(suffix) or valid_archive(tmp_path)
    path = tmp_path / f"file{suffix}"
    path.write_bytes(valid[:place] + junk + valid[place + replaced :])
    try:
        outcome = read_array(path).dtype
    except DataError as problem:
        outcome = str(problem)
    assert outcome == np.uint8 or str(path) in outcome


def valid_archive(folder):
    np.savez_compressed(folder / "valid.npz", drawings(2))
    return (folder / "valid.npz").read_bytes()


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    write_mnist(tmp_path)

    def forbidden(path, records):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("training.data.published.prepare.describe_file", forbidden)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz cannot be read \(Permission denied\)"):
        run(monkeypatch, tmp_path, "mnist", tmp_path)
