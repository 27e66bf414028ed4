"""The reader against files that `tests.etl_files` writes, which shares no code with it."""

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kakitori.charset import get_charset
from kakitori.errors import DataError
from tests import etl_files
from training.data.etl.codes import OUTSIDE, UNKNOWN, jis_x_0201, label_table
from training.data.etl.formats import LAYOUTS, SETS
from training.data.etl.reader import count_samples, decode_field, decode_levels, read_blocks

ALL = get_charset("etl-all")


def random_record(form, seed):
    """Return values that use every bit of every field, and random levels."""
    rng = random.Random(seed)
    letters = list(etl_files.T56) if form in etl_files.SIX_BITS else list("AI.MEDER 09")
    unit = 6 if form in etl_files.SIX_BITS else 8
    values = {
        name: "".join(rng.choices(letters, k=bits // unit)) if name in etl_files.TEXT else rng.getrandbits(bits)
        for name, bits in etl_files.fields_of(form)
    }
    levels = np.random.default_rng(seed).integers(0, 1 << etl_files.BITS[form], etl_files.SHAPES[form])
    return values, levels


@pytest.mark.parametrize("undefined", [0, 1])
@pytest.mark.parametrize("form", LAYOUTS)
def test_every_field_and_pixel_of_every_format_is_decoded(form, undefined):
    records = [random_record(form, seed) for seed in range(5)]
    packed = [etl_files.pack_record(form, *record, undefined=undefined) for record in records]
    assert len(packed[0]) == LAYOUTS[form].record_bytes
    raw = np.frombuffer(b"".join(packed), np.uint8).reshape(len(records), -1)
    assert {field.name for field in LAYOUTS[form].fields} == {name for name, _ in etl_files.fields_of(form)}
    for name, _ in etl_files.fields_of(form):
        assert decode_field(raw, LAYOUTS[form], name).tolist() == [values[name] for values, _ in records], name
    assert np.array_equal(decode_levels(raw, LAYOUTS[form]), [levels for _, levels in records])


@pytest.mark.parametrize("etl_set", SETS.values(), ids=SETS)
def test_a_file_is_read_in_blocks_without_its_dummies(etl_set, tmp_path, monkeypatch):
    records = [random_record(etl_set.layout, seed) for seed in range(7)]
    path = tmp_path / "file"
    etl_files.write_file(path, etl_set.layout, records)
    layout = LAYOUTS[etl_set.layout]
    monkeypatch.setattr("training.data.etl.reader.BLOCK_PIXELS", 3 * layout.width * layout.height)
    digest = hashlib.sha256()
    blocks = list(read_blocks(path, etl_set, digest))
    assert count_samples(path, etl_set) == (7, 0)
    assert digest.digest() == hashlib.sha256(path.read_bytes()).digest()
    assert [block.first for block in blocks] == np.cumsum([0, *(len(b.raw) for b in blocks)])[:-1].tolist()
    levels = np.concatenate([decode_levels(block.raw, layout) for block in blocks])
    assert np.array_equal(levels, [levels for _, levels in records])
    data = path.read_bytes()
    for block in blocks:
        assert data[block.offset : block.offset + layout.record_bytes] == block.raw[0].tobytes()


def test_the_published_sizes_add_up():
    known = [etl_set for etl_set in SETS.values() if None not in [count for _, count in etl_set.files]]
    assert len(known) > len(SETS) / 2
    for etl_set in known:
        counts = [count for _, count in etl_set.files]
        assert sum(counts) == etl_set.samples, etl_set.name
        if etl_set.per_class:
            assert etl_set.per_class * len(get_charset(etl_set.code)) == etl_set.samples
        if isinstance(etl_set.writer_set, int) and not etl_set.interleaved:
            assert all(count % etl_set.writer_set == 0 for count in counts)
    # 141,319 = 99 categories of 1,445 or 1,411 sheets, less two that are missing; 157,662 = 114 categories x 1,383
    assert SETS["etl1"].samples == 48 * 1445 + 51 * 1411 - 2
    assert SETS["etl6"].samples == 114 * 1383


def test_jis_x_0201_becomes_full_width_characters():
    katakana, hiragana = jis_x_0201(), jis_x_0201(hiragana=True)
    assert [katakana[code] for code in b"09AZ$\\-/'"] == list("０９ＡＺ＄￥−／’")
    assert [katakana[code] for code in (0xB1, 0xDD, 0xA6, 0xA8, 0xAA, 0xDE, 0xDF, 0xB0)] == list("アンヲヰヱ゛゜ー")
    assert [hiragana[code] for code in (0xB1, 0xDD, 0xA6, 0xA8, 0xAA, 0xDE, 0xDF)] == list("あんをゐゑ゛゜")
    assert not {0x20, 0x61, 0x7F, 0x80, 0xA0, 0xA7, 0xA9, 0xAF, 0xE0} & set(katakana)
    assert set(katakana.values()) | set(hiragana.values()) < set(ALL.characters)
    assert len(set(katakana.values())) == len(katakana)


def test_labels_are_classes_unknown_or_outside():
    table = label_table("etl9g", get_charset("etl9g", 100))
    assert (table[0x2422], table[0x2424]) == (0, 1)
    assert table[0x4544] == OUTSIDE  # 田 is beyond the first 100
    assert table[0x2421] == table[0x2574] == table[0] == table[0xFFFF] == UNKNOWN  # ぁ is no class of ETL9
    full = label_table("etl9g", get_charset("etl9g"))
    assert get_charset("etl9g").characters[full[0x4544]] == "田"
    assert np.count_nonzero(full >= 0) == 3036


def test_the_table_of_co59_codes_is_read(tmp_path):
    path = tmp_path / "euc_co59.dat"
    path.write_text("上:1,2 A:0,63\nあ:63,63 　:5,5 弌:2,0 ::5,6\n", encoding="euc_jp")
    labels = label_table("co59", ALL, path)
    assert ALL.characters[labels[1 << 6 | 2]] == "上"
    assert ALL.characters[labels[63]] == "Ａ"
    assert labels[2 << 6] == OUTSIDE  # 弌 is a kanji of level 2
    assert labels[0] == labels[5 << 6 | 5] == UNKNOWN


@pytest.mark.parametrize("text", ["", "上", "上:1", "上:1,x", "上:1,64", "上:1,2,3", "上下:1,2", b"\xff\xff:1,2"])
def test_a_file_that_is_no_table_of_co59_codes_is_refused(tmp_path, text):
    path = tmp_path / "euc_co59.dat"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("euc_jp"))
    with pytest.raises(DataError, match=r"euc_co59.dat"):
        label_table("co59", ALL, path)


@settings(deadline=None)  # the first example may wait for a compiler
@given(form=st.sampled_from(list(LAYOUTS)), data=st.data())
def test_any_record_decodes_to_fields_in_their_range(form, data):
    layout = LAYOUTS[form]
    raw = data.draw(arrays(np.uint8, (2, layout.record_bytes), elements=st.integers(0, 255), fill=st.integers(0, 255)))
    levels = decode_levels(raw, layout)
    assert levels.shape == (2, layout.height, layout.width)
    assert levels.max() <= layout.top_level
    for field in layout.fields:
        values = decode_field(raw, layout, field.name)
        if field.kind == "text":
            assert all(len(text) <= field.count for text in values)
        else:
            bits = 8 if field.kind == "left8" else layout.unit_bits * field.count
            assert 0 <= values.min() <= values.max() < 1 << bits
