"""A graph of opset 18 at opset 12: the same function, or an error that names the operator."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.errors import ExportError
from export.lower_opset import lower_opset
from kakitori.engine import open_session

IMAGES = np.random.default_rng(2).random((5, 3, 4, 4), np.float32)


def one_node(operator, argument, **attributes):
    """Return a graph at opset 18 of one operator on (batch, 3, 4, 4) with a constant second input."""
    node = helper.make_node(operator, ["input", "argument"], ["logits"], **attributes)
    data = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 4, 4])
    rank = 2 if operator == "Reshape" else 4
    result = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", *[None] * (rank - 1)])
    constant = numpy_helper.from_array(np.array(argument, np.int64), "argument")
    graph = helper.make_graph([node], "g", [data], [result], [constant])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.mark.parametrize(
    ("operator", "argument", "attributes", "lowered"),
    [
        ("ReduceMean", [2, 3], {}, "GlobalAveragePool"),
        ("ReduceMean", [-1, -2], {"keepdims": 1, "noop_with_empty_axes": 0}, "GlobalAveragePool"),
        ("ReduceMax", [-1, -2], {"keepdims": 1}, "GlobalMaxPool"),
        ("Reshape", [-1, 48], {"allowzero": 1}, "Flatten"),
    ],
)
def test_the_lowered_graph_computes_the_same_function(operator, argument, attributes, lowered):
    model = one_node(operator, argument, **attributes)
    older = lower_opset(model, 12)
    older.ir_version = 7
    onnx.checker.check_model(older, full_check=True)
    assert [node.op_type for node in older.graph.node] == [lowered]
    assert (older.opset_import[0].version, len(older.graph.initializer)) == (12, 0)
    before, after = (open_session(m.SerializeToString()).run(None, {"input": IMAGES})[0] for m in (model, older))
    np.testing.assert_allclose(after, before, rtol=1e-6)


@pytest.mark.parametrize(
    ("operator", "argument", "attributes", "message"),
    [
        ("ReduceMean", [1], {}, r"wrote ReduceMean\(input, \[1\]\), which has no rule"),
        ("ReduceMean", [2, 3], {"keepdims": 0}, r"wrote ReduceMean\(input, \[2, 3\]\)"),
        ("ReduceSum", [2, 3], {}, r"wrote ReduceSum\(input, \[2, 3\]\)"),
        ("Reshape", [5, 48], {}, r"wrote Reshape\(input, \[5, 48\]\)"),
        ("Expand", [5, 3, 4, 4], {}, r"wrote Expand\(input, "),
    ],
)
def test_an_operator_without_a_rule_is_refused(operator, argument, attributes, message):
    with pytest.raises(ExportError, match=message):
        lower_opset(one_node(operator, argument, **attributes), 12)


def test_an_opset_below_the_oldest_is_refused():
    with pytest.raises(ExportError, match="Opset 10 is too old: 11 is the first"):
        lower_opset(one_node("ReduceMean", [2, 3]), 10)
