"""Fonts as training images: faces, missing glyphs, splits, licences, packages."""

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from kakitori.charset import get_charset
from kakitori.errors import DataError
from training.data.fonts.glyph_variation import change_weight
from training.data.options import Options
from training.data.prepare import prepare
from training.data.prepared import open_prepared
from training.data.registry import open_dataset
from training.data.stored import StoredSource
from training.evaluation.accuracy import evaluate_prepared

SIZE = 32
DIGITS = "0123456789"


def write_font(path, characters, blank="", family="Test", flavor=None):
    """Write a font whose glyphs are bars, each wider than that of the character before; `.notdef` is a block."""
    names = {character: f"uni{ord(character):04X}" for character in characters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    boxes = {names[c]: (100, 100, 300 + 50 * n, 800) for n, c in enumerate(characters) if c not in blank}
    glyphs = {name: draw_box(boxes.get(name)) for name in names.values()}
    builder.setupGlyf({".notdef": draw_box((0, 0, 1000, 1000)), **glyphs})
    builder.setupHorizontalMetrics({name: (1000, 0) for name in [".notdef", *names.values()]})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular", "copyright": f"Copyright {family} makers",
                            "licenseDescription": "free"})  # fmt: skip
    builder.setupOS2()
    builder.setupPost()
    builder.font.flavor = flavor
    path.parent.mkdir(parents=True, exist_ok=True)
    builder.save(path)


def draw_box(box):
    pen = TTGlyphPen(None)
    if box:
        left, bottom, right, top = box
        pen.moveTo((left, bottom))
        for corner in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


@pytest.fixture
def fonts(tmp_path, monkeypatch):
    """A folder of three fonts, of which one lacks 7 and has no ink for 8."""
    monkeypatch.chdir(tmp_path)
    write_font(tmp_path / "own" / "one.ttf", DIGITS, family="One")
    write_font(tmp_path / "own" / "deeper" / "two.woff2", DIGITS, family="Two", flavor="woff2")
    write_font(tmp_path / "own" / "three.otf", DIGITS.replace("7", ""), blank="8", family="Three")
    return tmp_path / "own"


def prepare_digits(folder, **options):
    lines = []
    prepare("fonts", Options(SIZE, folder, charset="digits", **options), lines.append)
    return open_prepared(folder.parent / "datasets" / f"fonts-digits-{SIZE}"), lines


def test_every_character_is_drawn_in_every_font_that_has_it(fonts):
    prepared, lines = prepare_digits(fonts)
    assert len(prepared) == 28
    assert np.bincount(prepared.labels).tolist() == [3] * 7 + [2, 2, 3]
    assert prepared.metadata.missing == {"deeper/two.woff2": [], "one.ttf": [], "three.otf": ["7", "8"]}
    assert "three.otf lacks 2 of 10 characters: 7 8" in lines[0]
    assert "28 images of 10 classes in 3 faces" in lines[-1]


def test_a_missing_glyph_is_left_out_instead_of_drawn_as_the_empty_box(fonts):
    prepared, _ = prepare_digits(fonts)
    # A bar is never as wide as high, as the block is; the bar of 9, the widest, is 650 wide and 700 high.
    widths = (prepared.images.max(axis=1) > 127).sum(axis=1)
    heights = (prepared.images.max(axis=2) > 127).sum(axis=1)
    assert (widths < heights).all()
    assert widths[prepared.labels == 0].max() < widths[prepared.labels == 9].min()


def test_a_face_is_in_one_split_only(fonts):
    prepared, _ = prepare_digits(fonts)
    splits = [set(prepared.splits[prepared.writers == face]) for face in range(3)]
    assert sorted(map(list, splits)) == [[0], [1], [2]]


def test_metadata_names_the_fonts_and_their_makers(fonts):
    prepared, _ = prepare_digits(fonts)
    assert prepared.metadata.licence["licence"] == "free"
    assert "One (copyright Copyright One makers)" in prepared.metadata.licence["attribution"]
    assert prepared.metadata.writer_names == ["deeper/two.woff2", "one.ttf", "three.otf"]


@pytest.mark.slow
def test_two_workers_draw_the_same_set(fonts):
    one = np.array(prepare_digits(fonts)[0].images)
    (fonts.parent / "datasets").rename(fonts.parent / "before")
    assert np.array_equal(prepare_digits(fonts, workers=2)[0].images, one)


def test_an_interrupted_run_resumes(fonts, monkeypatch):
    import training.data.fonts.prepare as module

    drawn, draw_face = [], module.draw_face

    def stopping(job):
        drawn.append(job.name)
        if len(drawn) == 2:
            raise KeyboardInterrupt
        return draw_face(job)

    monkeypatch.setattr(module, "draw_face", stopping)
    with pytest.raises(KeyboardInterrupt):
        prepare_digits(fonts)
    assert len(prepare_digits(fonts)[0]) == 28
    assert drawn == ["deeper/two.woff2", "one.ttf", "one.ttf", "three.otf"]


def test_training_images_vary_and_keep_their_ink_inside(fonts):
    prepared, _ = prepare_digits(fonts)
    source = StoredSource(prepared.folder, prepared.charset)
    images = source.images(np.full(200, 3), SIZE, (0, 1))
    assert len({image.tobytes() for image in images}) == 200
    assert (images.max(axis=(1, 2)) > 100).all()
    edges = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    assert (edges > 127).mean() < 0.01
    assert np.array_equal(images, source.images(np.full(200, 3), SIZE, (0, 1)))


def test_ink_and_fonts_keep_the_order_of_classes_of_ink(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        write_font(tmp_path / "own" / f"{name}.ttf", "あ田")
    prepare("fonts", Options(SIZE, tmp_path / "own"), lambda line: None)
    data = open_dataset("ink+fonts", SIZE, mix="6:1")
    assert data.charset == get_charset("etl9g")
    assert "KanjiVG" in data.licences[0]["attribution"]
    assert data.source.images(np.arange(4), SIZE, (0, 1)).any(axis=(1, 2)).all()


def test_too_few_fonts_for_three_splits_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        write_font(tmp_path / "own" / f"{name}.ttf", DIGITS)
    with pytest.raises(DataError, match="There are 2 fonts, expected 3 or more"):
        prepare_digits(tmp_path / "own")


def test_a_file_that_is_no_font_is_named(fonts):
    (fonts / "four.ttf").write_bytes(b"not a font")
    with pytest.raises(DataError, match=r"own/four\.ttf is not a readable font"):
        prepare_digits(fonts)


@pytest.mark.parametrize("content", [b"wOF2" + bytes(60), b"\0\1\0\0" + bytes(8), b""], ids=["woff2", "ttf", "empty"])
def test_a_damaged_font_is_named(fonts, content):
    (fonts / "four.woff2").write_bytes(content)
    with pytest.raises(DataError, match=r"own/four\.woff2 is not a readable font"):
        prepare_digits(fonts)


def test_a_font_with_damaged_glyphs_is_named(fonts):
    with TTFont(fonts / "one.ttf") as font:
        glyphs = font.reader.tables["glyf"]
    content = bytearray((fonts / "one.ttf").read_bytes())
    content[glyphs.offset : glyphs.offset + glyphs.length] = b"\xff" * glyphs.length
    (fonts / "one.ttf").write_bytes(content)
    with pytest.raises(DataError, match=r"own/one\.ttf cannot be drawn \(.*\): a file is damaged"):
        prepare_digits(fonts)


def test_a_folder_without_fonts_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="holds no font"):
        prepare_digits(tmp_path)


def test_test_images_are_read_by_face(fonts):
    prepared, _ = prepare_digits(fonts)
    rows = evaluate_prepared(prepared, prepared.charset, lambda inputs: np.eye(10)[np.zeros(len(inputs), int)])
    (face,) = {prepared.metadata.writer_names[n] for n in prepared.writers[prepared.rows("test")]}
    assert [row.writer for row in rows] == [face]


@pytest.mark.parametrize(
    ("share", "compared"), [(0.5, np.greater), (-0.4, np.less), (0.0, np.equal)], ids=["thicker", "thinner", "same"]
)
def test_weight_changes_in_the_direction_asked_for(share, compared):
    stroke = np.zeros((16, 16))
    stroke[4:12, 7:9] = 1
    changed = change_weight(stroke, share)
    assert compared(changed.sum(), stroke.sum())
    assert (changed >= 0).all()
    assert (changed <= 1).all()


def test_without_the_set_the_command_that_makes_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="`invoke data --source fonts --size 64`"):
        open_dataset("ink+fonts", 64)
