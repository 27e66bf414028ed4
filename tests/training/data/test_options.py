"""The flags of `invoke data`: which source takes which, and their values."""

from pathlib import Path

import pytest

from kakitori.errors import KakitoriError
from training.data.options import FLAGS, INSPECT, Options, flag_help, group_of, read_flags
from training.data.prepare import SOURCES, run_flags

GIVEN = {"from": "DIR", "etl-dir": "DIR", "dataset": "etl9g", "split": "writers", "workers": "2", "skip-bad": True,
         "charset": "wide", "size": "32", "strokes": "FILE", "sheet": "FILE"}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("source", ["ink", "etl", "fonts", "digits", "kmnist", "images"])
def test_a_flag_that_does_not_apply_to_a_source_is_refused(source, name):
    flags = {"source": source, name: GIVEN[name]}
    if group_of(source) in FLAGS[name].taken_by:
        assert read_flags(flags)[0] == source
    else:
        with pytest.raises(KakitoriError, match=f"^--{name} does not apply to --source {source}, only to --source "):
            read_flags(flags)


@pytest.mark.parametrize("name", ["source", *(name for name in GIVEN if name != "size")])
def test_a_flag_of_preparing_is_refused_with_inspect(name):
    with pytest.raises(KakitoriError, match=f"^--{name} does not apply to --inspect"):
        read_flags({"inspect": True, name: GIVEN.get(name, "ink")})


def test_every_flag_is_tried_here():
    assert set(FLAGS) == {*GIVEN, "source", "inspect"}
    assert FLAGS["inspect"].taken_by == (INSPECT,)


def test_the_message_lists_the_sources_that_take_the_flag():
    with pytest.raises(KakitoriError, match="only to --source etl, fonts or a set read from files: leave it out"):
        read_flags({"source": "ink", "from": "DIR"})


def test_two_names_of_one_folder_are_refused():
    with pytest.raises(KakitoriError, match="--from and --etl-dir both name the folder"):
        read_flags({"source": "etl", "from": "a", "etl-dir": "b"})


@pytest.mark.parametrize("name", ["from", "etl-dir"])
def test_either_name_of_the_folder_is_taken(name):
    assert read_flags({"source": "etl", name: "DIR"})[1].folder == Path("DIR")


def test_flags_that_are_not_given_have_their_defaults():
    assert read_flags(dict.fromkeys(FLAGS) | {"skip-bad": False}) == ("ink", Options(sheet=Path("runs/ink_sheet.png")))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"size": "big"}, "--size 'big' is not a whole number"),
        ({"size": "33"}, "--size 33 is not one of 32, 48, 64, 96, 128"),
        ({"source": "fonts", "workers": "0"}, "--workers 0 is too small, expected 1 or more"),
        ({"charset": "klingon"}, "Unknown charset 'klingon': choose one of etl9g"),
    ],
)
def test_a_value_out_of_range_is_refused(flags, message):
    with pytest.raises(KakitoriError, match=message):
        read_flags(flags)


def test_an_unknown_source_is_refused_before_its_flags():
    with pytest.raises(KakitoriError, match="Unknown source 'dreams': choose one of ink, etl"):
        run_flags({"source": "dreams", "workers": "2"})


def test_ink_draws_the_charset_that_is_asked_for(tmp_path):
    lines = []
    flags = {"source": "ink", "charset": "digits", "size": "32", "sheet": str(tmp_path / "sheet.png")}
    run_flags(flags, lines.append)
    assert lines[0].startswith("Generated ink: 10 classes")
    assert (tmp_path / "sheet.png").is_file()


def test_help_shows_defaults():
    assert flag_help()["size"].endswith("[default: 64]")
    assert "Default" not in flag_help()["skip-bad"]
    assert set(SOURCES) >= {"ink", "etl", "fonts", "digits", "images"}
