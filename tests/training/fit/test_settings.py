"""Settings: one definition gives flags, help, checks and messages."""

import inspect
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

from kakitori.errors import KakitoriError
from training.fit.config import TrainConfig
from training.fit.settings import (
    Setting,
    SettingError,
    check,
    help_texts,
    parse,
    rows,
    takes_flags,
    with_defaults,
)


@dataclass(frozen=True)
class Example:
    widths: Annotated[tuple[int, ...] | None, Setting("Channels.")] = None
    rate: Annotated[float, Setting("Rate.", above=0, at_most=1)] = 0.5
    is_on: Annotated[bool, Setting("Switch.", needs="widths")] = False
    name: Annotated[str, Setting("Name.", choices=("a", "b"))] = "a"
    other: int = 3
    threads: Annotated[int | None, Setting("Threads.", above=0, otherwise="all cores")] = None


def test_rows_are_the_annotated_fields():
    assert [(row.name, row.kind, row.default) for row in rows(Example).values()] == [
        ("widths", tuple[int, ...], None), ("rate", float, 0.5), ("is_on", bool, False), ("name", str, "a"),
        ("threads", int, None),
    ]  # fmt: skip


def test_help_lists_choices_bounds_and_default():
    assert help_texts(Example, rate=0.25) == {
        "widths": "Channels.",
        "rate": "Rate. [above 0 and at most 1; default: 0.25]",
        "is-on": "Switch.",
        "name": "Name. [one of a, b; default: a]",
        "threads": "Threads. [above 0; default: all cores]",
    }


def test_help_gets_the_defaults_of_a_signature():
    def body(c, out="dist", port=0, top_k=10, model=None, verbose=False):
        pass

    texts = with_defaults({"out": "Folder.", "port": "Port.", "top-k": "Count.", "model": "M.", "verbose": "V."}, body)
    assert list(texts.values()) == [
        "Folder. [default: dist]", "Port. [default: 0]", "Count. [default: 10]", "M.", "V.",
    ]  # fmt: skip


@pytest.mark.parametrize("rate", [0, 1.5, float("nan"), float("inf")])
def test_numbers_out_of_bounds_are_refused(rate):
    with pytest.raises(SettingError, match=f"--rate {rate} must be above 0 and at most 1"):
        check(Example(rate=rate))


def test_other_choices_are_refused():
    with pytest.raises(SettingError, match="--name 'c' is not one of a, b"):
        check(Example(name="c"))


def test_a_setting_without_the_one_it_needs_is_refused():
    with pytest.raises(SettingError, match="--is-on needs --widths: add it, or leave --is-on out"):
        check(Example(is_on=True))
    check(Example(is_on=True, widths=(1,)))


@pytest.mark.parametrize(
    ("name", "value", "from_text", "parsed"),
    [
        ("rate", 1, False, 1.0),
        ("rate", "1e-3", True, 0.001),
        ("widths", "3,4", False, (3, 4)),
        ("is_on", True, True, True),
    ],
)
def test_values_become_the_settings_type(name, value, from_text, parsed):
    assert parse(rows(Example)[name], value, from_text) == parsed


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate", "1", "'1' is not a number"),
        ("rate", True, "True is not a number"),
        ("is_on", 1, "1 is not true or false"),
        ("widths", [3, 4], r"\[3, 4\] is not whole numbers joined by commas"),
        ("widths", "3x4", "'3x4' is not whole numbers joined by commas"),
        ("name", 3, "3 is not text"),
    ],
)
def test_stored_values_of_another_type_are_refused(name, value, message):
    with pytest.raises(SettingError, match=message):
        parse(rows(Example)[name], value)


def test_flags_come_between_the_context_and_the_own_parameters_of_a_task():
    @takes_flags(Example, ["rate", "is_on"])
    def body(c, extra="x", **flags):
        pass

    parameters = inspect.signature(body).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "c": inspect.Parameter.empty, "rate": None, "is_on": False, "extra": "x",
    }  # fmt: skip


def test_settings_load_without_torch_and_numpy(root):
    code = "import sys, training.fit.recipe; sys.exit(bool({'torch', 'numpy', 'onnx'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"arch": "vit"}, "--arch 'vit' is not one of resnet, compact, cnn"),
        ({"pooling": "fixed_avg"}, "--pooling 'fixed_avg' is not one of adaptive_avg, adaptive_max, avg_2x2, max_2x2"),
        ({"device": "tpu"}, "--device 'tpu' is not one of auto, cpu, cuda"),
        ({"size": "50"}, "--size 50 is not one of 32, 48, 64, 96, 128"),
        ({"epochs": "many"}, "--epochs 'many' is not a whole number"),
        ({"learning_rate": "fast"}, "--learning-rate 'fast' is not a number"),
        ({"learning_rate": "nan"}, "--learning-rate nan must be above 0"),
        ({"epochs": "0"}, "--epochs 0 must be above 0"),
        ({"batch_size": "16385"}, "--batch-size 16385 must be above 0 and at most 16384"),
        ({"threads": "0"}, "--threads 0 must be above 0"),
        ({"workers": "-1"}, "--workers -1 must be at least 0"),
        ({"ema_decay": "1"}, "--ema-decay 1.0 must be at least 0 and below 1"),
        ({"teacher": "models/kanji", "teacher_weight": "1.5"}, "--teacher-weight 1.5 must be above 0 and at most 1"),
        ({"teacher": "models/kanji", "teacher_temperature": "0"}, "--teacher-temperature 0.0 must be above 0"),
        ({"teacher_weight": "0.5"}, "--teacher-weight needs --teacher"),
        ({"prune": "1", "start_from": "models/kanji"}, "--prune 1.0 must be above 0 and below 1"),
        ({"widths": "8,8,8"}, "--widths 8,8,8: 'compact' takes 4 numbers of at least 1, such as its default"),
        ({"widths": "8,8,8,0"}, "--widths 8,8,8,0: 'compact' takes 4 numbers of at least 1"),
        ({"widths": "8,8,8,7,8", "arch": "cnn"}, "'cnn' takes 5 numbers of at least 8"),
        ({"widths": "8x8"}, "--widths '8x8' is not whole numbers joined by commas"),
        ({"resume": True, "fresh": True}, "exclude each other"),
    ],
)
def test_wrong_training_flags_are_refused(flags, message):
    with pytest.raises(KakitoriError, match=message):
        TrainConfig.from_flags(flags)


def test_training_flags_become_numbers_and_paths():
    typed = {"epochs": "7", "learning_rate": "0.5", "class_limit": "9", "seed": None, "model": "m"}
    config = TrainConfig.from_flags(typed)
    assert (config.epochs, config.learning_rate, config.class_limit, config.seed) == (7, 0.5, 9, 1)
    assert config.model == Path("m")


def test_facts_leave_out_where_a_run_computes_and_details_of_what_is_not_used():
    facts = TrainConfig(device="cpu", threads=3).facts
    assert not {"model", "device", "workers", "threads", "resume", "fresh", "keep_checkpoints"} & facts.keys()
    assert (facts["teacher_weight"], facts["prune_steps"], facts["qat"]) == (None, None, False)
