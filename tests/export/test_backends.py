"""The tables, and the message for a choice that is not in them."""

import pytest

from export.backends import (
    BACKENDS,
    IR_VERSIONS,
    PRECISIONS,
    Variant,
    get_backend,
    select_backends,
    select_precisions,
)
from export.to_onnx import EXPORTERS
from export.variants import SCHEMES
from kakitori.errors import KakitoriError
from kakitori.spec import POOLINGS


@pytest.mark.parametrize("row", BACKENDS.values(), ids=BACKENDS)
def test_every_row_names_existing_exporters_and_poolings(row):
    assert row.opset in IR_VERSIONS
    assert set(row.exporters) <= EXPORTERS.keys()
    assert row.refused.keys() <= PRECISIONS.keys()
    assert set(row.poolings) <= POOLINGS.keys()
    assert row.default_pooling in row.poolings


def test_every_precision_has_a_scheme():
    assert {row.scheme for row in PRECISIONS.values()} == SCHEMES.keys()


def test_the_backends_have_these_opsets_and_ir_versions():
    assert {name: row.opset for name, row in BACKENDS.items()} == {"tract": 12, "ort-tract": 11, "strict": 11}
    assert get_backend("strict").ir_version == 6
    assert get_backend("tract").ir_version == 7


@pytest.mark.parametrize(
    ("backend", "pooling", "precision", "name"),
    [
        ("strict", "fixed_avg", "int8", "strict.int8"),
        ("strict", "fixed_max", "int8", "strict.fixed_max.int8"),
        ("tract", "max_2x2", "fp32", "tract.max_2x2.fp32"),
        ("ort-tract", "fixed_avg", "fp32", "ort-tract.fp32"),
    ],
)
def test_only_other_poolings_are_part_of_the_name(backend, pooling, precision, name):
    variant = Variant(BACKENDS[backend], pooling, PRECISIONS[precision])
    assert (variant.name, variant.file) == (name, f"onnx/{name}.onnx")


def test_backends_are_selected_by_name():
    assert select_backends(["strict", "tract", "strict"]) == [BACKENDS["strict"], BACKENDS["tract"]]
    assert select_backends(["all"]) == list(BACKENDS.values())
    with pytest.raises(KakitoriError, match=r"Unknown backend 'onnx': choose one of tract, ort-tract, strict, all\."):
        select_backends(["strict", "onnx"])


def test_precisions_are_selected_by_name():
    strict = BACKENDS["strict"]
    assert select_precisions(["int8", "fp32", "int8"], strict) == [PRECISIONS["int8"], PRECISIONS["fp32"]]
    assert [row.name for row in select_precisions(["all"], strict)] == list(strict.precisions)


def test_an_unknown_precision_is_refused():
    with pytest.raises(KakitoriError, match=rf"Unknown precision 'int2': choose one of {', '.join(PRECISIONS)}, all\."):
        select_precisions(["fp32", "int2"], BACKENDS["strict"])


def test_a_precision_that_a_backend_lacks_is_refused():
    message = "Backend 'strict' has no precision 'int8-dynamic', because it needs ConvInteger, .*: choose one of fp32, "
    with pytest.raises(KakitoriError, match=message):
        select_precisions(["int8-dynamic"], BACKENDS["strict"])
    assert "int8-dynamic" not in [row.name for row in select_precisions(["all"], BACKENDS["strict"])]


@pytest.mark.parametrize("backend", ["tract", "ort-tract"])
def test_tract_has_fp16_as_stored_weights_only(backend):
    with pytest.raises(KakitoriError, match=r"has no precision 'fp16', because tract .* no Gemm of float16"):
        select_precisions(["fp16"], BACKENDS[backend])
    assert "fp16-weights" in BACKENDS[backend].precisions
    assert {"fp16", "fp16-weights"} <= set(BACKENDS["strict"].precisions)
