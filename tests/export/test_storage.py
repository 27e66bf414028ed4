"""The graph's operators restore the weights that are stored in fewer bits."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.storage import BLOCK, as_float16, as_int4, as_int8, pack_int4, store_weights
from kakitori.engine import open_session

OUTPUTS, INPUTS = 6, 2 * BLOCK


def unpacked(store, weight):
    """Return what the stored weight is in ONNX Runtime, and the tensors of the graph by name."""
    part = store("w", weight)
    value = helper.make_tensor_value_info("w", TensorProto.FLOAT, weight.shape)
    graph = helper.make_graph(part.nodes, "g", [], [value], part.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
    onnx.checker.check_model(model, full_check=True)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in part.tensors}
    return open_session(model.SerializeToString()).run(None, {})[0], stored


@pytest.fixture
def weight():
    return np.random.default_rng(4).normal(size=(OUTPUTS, INPUTS)).astype(np.float32)


def test_float16_keeps_eleven_bits(weight):
    found, _ = unpacked(as_float16, weight)
    np.testing.assert_array_equal(found, weight.astype(np.float16))


@pytest.mark.parametrize("shape", [(OUTPUTS, INPUTS), (OUTPUTS, 3, 5, 5)])
def test_int8_is_within_half_a_step_of_its_output_channel(shape):
    weight = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    weight[1] *= 1000
    found, stored = unpacked(as_int8, weight)
    assert stored["w.int8"].dtype == np.int8
    assert stored["w.scale"].shape == (OUTPUTS, *[1] * (len(shape) - 1))
    assert (np.abs(found - weight) <= stored["w.scale"] * 0.501).all()
    assert np.abs(found).max() == pytest.approx(np.abs(weight).max())


@pytest.mark.parametrize("shape", [(OUTPUTS, INPUTS), (OUTPUTS, BLOCK, 3, 3), (OUTPUTS, BLOCK // 4, 2, 2)])
def test_int4_is_within_a_step_of_its_block(shape):
    weight = np.random.default_rng(4).normal(size=shape).astype(np.float32)
    found, stored = unpacked(as_int4, weight)
    assert (stored["w.int4"].dtype, stored["w.scale"].dtype) == (np.uint8, np.float16)
    assert stored["w.int4"].size * 2 == weight.size
    step = np.abs(stored["w.scale"].astype(np.float32))
    error = np.abs(found - weight).reshape(-1, BLOCK)
    assert (error <= step * 1.01).all()
    assert np.median(error / step) < 0.3


def test_int4_restores_every_number_at_its_position():
    numbers = np.tile(np.arange(-8, 8, dtype=np.float32), (2, BLOCK // 16))
    found, stored = unpacked(as_int4, np.concatenate([numbers * 0.5, -numbers]))
    np.testing.assert_array_equal(found, np.concatenate([numbers * 0.5, -numbers]))
    assert stored["w.scale"].ravel().tolist() == [0.5, 0.5, -1, -1]


def test_a_block_of_zeros_stays_zero():
    packed, scale = pack_int4(np.zeros((1, BLOCK), np.float32))
    assert (packed == 0x88).all()
    assert scale == 0
    for store in (as_int4, as_int8):
        assert not unpacked(store, np.zeros((2, BLOCK), np.float32))[0].any()


def test_rows_that_are_no_multiple_of_a_block_take_eight_bits():
    _, stored = unpacked(as_int4, np.ones((4, 1, 5, 5), np.float32))
    assert stored["w.int8"].shape == (4, 1, 5, 5)


def test_a_weight_that_two_layers_share_is_stored_once(weight):
    layers = [
        helper.make_node("Gemm", [source, "w"], [target], transB=1) for source, target in (("a", "b"), ("c", "d"))
    ]
    value = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None]) for name in "abcd"}
    graph = helper.make_graph(
        layers, "g", [value["a"], value["c"]], [value["b"], value["d"]], [numpy_helper.from_array(weight, "w")]
    )
    stored = store_weights(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)]), as_int8)
    onnx.checker.check_model(stored, full_check=True)
    assert [node.op_type for node in stored.graph.node] == ["Cast", "Mul", "Gemm", "Gemm"]
