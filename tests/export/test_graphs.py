"""Structure of the files: the contract, checked on tiny networks of both architectures."""

import numpy as np
import onnx
import pytest

from export.backends import BACKENDS, PRECISIONS, get_backend
from export.errors import InterfaceError, QuantizationError, UnsupportedOpError
from export.graph_facts import check_file, check_interface, check_operators, finish, graph_facts
from export.half import to_float16
from export.int8.adjust import correct_biases, equalise, find_pairs
from export.int8.quantize import check_quantized, insert_qdq, quantize_dynamic, quantize_static
from export.int8.ranges import activation_ranges, with_headroom
from export.pooling import prepare_pooling
from export.storage import as_float16, as_int4, as_int8, store_weights
from export.to_onnx import simplify, to_onnx
from kakitori.engine import onnx_predictor, open_session
from kakitori.errors import EngineError
from training.compress.int8 import largest_pair

ARCHS = ("resnet", "compact", "cnn")


@pytest.fixture(scope="module")
def finished_graphs():
    """Finished fp32 graphs by architecture and backend, which tests copy."""
    return {}


@pytest.fixture
def make_graph(make_spec, make_network, finished_graphs):
    """Return a function (arch, backend) -> (spec, finished fp32 graph of the test's own)."""

    def make(arch="compact", backend="strict"):
        spec, row = make_spec(arch), BACKENDS[backend]
        if (arch, backend) not in finished_graphs:
            network = prepare_pooling(make_network(arch), row.default_pooling, spec.size)
            model, _ = to_onnx(network, spec.size, row, print)
            finished_graphs[arch, backend] = finish(simplify(model), spec, row.ir_version)
        graph = onnx.ModelProto()
        graph.CopyFrom(finished_graphs[arch, backend])
        return spec, graph

    return make


@pytest.fixture
def calibration_images():
    return (np.random.default_rng(0).random((20, 1, 32, 32)) * 2 - 1).astype(np.float32)


# torch.export takes seconds: the unit tests call it for one network only.
@pytest.mark.parametrize(
    ("arch", "backend"),
    [
        pytest.param(arch, backend, marks=[pytest.mark.slow] if (backend, arch != "compact") == ("tract", True) else [])
        for arch in ARCHS
        for backend in BACKENDS
    ],
)
def test_graphs_have_the_interface_of_the_contract(make_graph, arch, backend, tmp_path):
    spec, model = make_graph(arch, backend)
    row = BACKENDS[backend]
    facts = graph_facts(model)
    check_interface(facts, spec, row.opset, row.ir_version)
    check_operators(facts, row, PRECISIONS["fp32"])
    assert ("GlobalAveragePool" in facts.operators) == (backend == "tract")
    assert not {"BatchNormalization", "Identity", "Shape", "Expand"} & facts.operators.keys()
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    predict = onnx_predictor(tmp_path / "m.onnx")
    for batch in (1, 7, 20):
        assert predict(np.zeros((batch, 1, 32, 32), np.float32)).shape == (batch, spec.num_classes)


@pytest.mark.parametrize("arch", ARCHS)
def test_graphs_hold_no_path_of_the_machine_and_no_exporter(make_graph, arch):
    spec, model = make_graph(arch)
    data = model.SerializeToString()
    assert b"/home" not in data
    assert b".py" not in data
    assert b"pytorch" not in data
    assert not model.graph.value_info
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert list(properties) == sorted(properties)
    assert (properties["charset"], properties["digest"]) == ("etl9g", spec.digest)
    written = [properties[name] for name in ("size", "margin", "radius")]
    assert written == [str(value) for value in (spec.size, spec.margin, spec.radius)]
    assert "KanjiVG" in properties["attribution"]
    assert properties["licence"] == "CC BY-SA 3.0"


@pytest.mark.parametrize("arch", ARCHS)
def test_every_layer_of_an_int8_graph_is_quantized(make_graph, arch, calibration_images):
    _, model = make_graph(arch)
    quantized = quantize_static(model, calibration_images)
    onnx.checker.check_model(quantized, full_check=True)
    makers = {node.output[0]: node for node in quantized.graph.node}
    stored = {tensor.name: tensor for tensor in quantized.graph.initializer}
    layers = [node for node in quantized.graph.node if node.op_type in ("Conv", "Gemm")]
    assert len(layers) == sum(node.op_type in ("Conv", "Gemm") for node in model.graph.node)
    for layer in layers:
        data, weight = makers[layer.input[0]], makers[layer.input[1]]
        assert data.op_type == weight.op_type == "DequantizeLinear"
        assert stored[weight.input[0]].data_type == onnx.TensorProto.INT8
        assert stored[data.input[2]].data_type == onnx.TensorProto.UINT8
    for node in quantized.graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            assert not node.attribute, "an axis, and so per-channel scales, are not part of opset 11"
            assert list(stored[node.input[1]].dims) == []
    assert makers["logits"].op_type == "Gemm"


@pytest.mark.parametrize("arch", ARCHS)
@pytest.mark.parametrize("store", [as_float16, as_int8, as_int4])
def test_stored_weights_compute_in_float32(make_graph, arch, store):
    _, model = make_graph(arch)
    small = store_weights(model, store)
    onnx.checker.check_model(small, full_check=True)
    kinds = {tensor.name: tensor.data_type for tensor in small.graph.initializer}
    layers = [node for node in small.graph.node if node.op_type in ("Conv", "Gemm")]
    assert layers == [node for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    for layer in layers:
        assert layer.input[1] not in kinds, "the weight is stored in fewer bits"
        assert kinds[layer.input[2]] == onnx.TensorProto.FLOAT, "the bias is float32"
    assert "Cast" not in graph_facts(model).operators, "the float graph must stay as it is"


@pytest.mark.parametrize("arch", ARCHS)
def test_fp16_computes_in_float16_between_two_casts(make_graph, arch):
    _, model = make_graph(arch)
    half = to_float16(model)
    onnx.checker.check_model(half, full_check=True)
    kinds = {tensor.data_type for tensor in half.graph.initializer if tensor.data_type != onnx.TensorProto.INT64}
    assert kinds == {onnx.TensorProto.FLOAT16}
    assert [v.type.tensor_type.elem_type for v in (half.graph.input[0], half.graph.output[0])] == [1, 1]
    operators, before = graph_facts(half).operators, graph_facts(model).operators
    assert operators == before | {"Cast": 2}
    check_operators(graph_facts(half), get_backend("strict"), PRECISIONS["fp16"])


def test_fp16_rounds_each_weight_to_the_nearest_and_leaves_the_graph(make_graph):
    _, model = make_graph()
    weight = model.graph.initializer[0]
    values = onnx.numpy_helper.to_array(weight).copy()
    values.flat[:3] = 1e-9, -1e-9, 0.1
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    before = model.SerializeToString()
    half = {tensor.name: tensor for tensor in to_float16(model).graph.initializer}
    found = onnx.numpy_helper.to_array(half[weight.name])
    np.testing.assert_array_equal(found.flat[2:], values.astype(np.float16).flat[2:])
    assert np.abs(found.flat[:2]).max() <= 2.0**-24
    assert model.SerializeToString() == before


@pytest.mark.parametrize("arch", ARCHS)
def test_dynamic_int8_leaves_no_layer_in_float(make_graph, arch):
    _, model = make_graph(arch)
    quantized = quantize_dynamic(model)
    onnx.checker.check_model(quantized, full_check=True)
    operators, before = graph_facts(quantized).operators, graph_facts(model).operators
    assert not {"Conv", "Gemm", "MatMul"} & operators.keys()
    assert (operators["ConvInteger"], operators["MatMulInteger"]) == (before["Conv"], before["Gemm"])
    kinds = {tensor.name: tensor.data_type for tensor in quantized.graph.initializer}
    layers = [node for node in quantized.graph.node if node.op_type in ("ConvInteger", "MatMulInteger")]
    assert {kinds[layer.input[1]] for layer in layers} == {onnx.TensorProto.UINT8}


@pytest.mark.parametrize("arch", ["resnet", "compact"])  # rounding changes a tiny network's attention more
def test_no_two_products_of_an_int8_layer_overflow_16_bits(make_graph, arch, calibration_images):
    _, model = make_graph(arch)
    quantized = quantize_static(model, calibration_images)
    makers = {node.output[0]: node for node in quantized.graph.node}
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in quantized.graph.initializer}
    layers = [node for node in quantized.graph.node if node.op_type in ("Conv", "Gemm")]
    data = [makers[layer.input[0]].input[0] for layer in layers]
    weights = [stored[makers[layer.input[1]].input[0]].astype(np.int64) for layer in layers]
    quantized.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(data))
    session = open_session(quantized.SerializeToString())
    largest = [int(session.run([name], {"input": calibration_images})[0].max()) for name in data]
    for most, weight in zip(largest, weights, strict=True):
        assert most * largest_pair(weight) < 2**15
    assert max(largest) > 127, "more than 7 bits are used where the weights allow it"


@pytest.mark.parametrize(
    ("weight", "expected"), [([[3, -5, -6, 2]], 11), ([[7, -7, 1]], 7), ([[[[1, 2], [3, 4]]]], 7), ([[0, 0]], 1)]
)
def test_the_largest_pair_is_of_neighbours_of_one_sign(weight, expected):
    assert largest_pair(np.array(weight)) == expected


def test_corrected_biases_restore_the_mean_logits(make_graph, calibration_images):
    _, model = make_graph("compact")
    even = equalise(model)
    ranges = with_headroom(activation_ranges(even, calibration_images), even)
    files = [even, insert_qdq(even, ranges), insert_qdq(correct_biases(even, calibration_images), ranges)]
    images = {"input": calibration_images}
    plain, rounded, corrected = (
        open_session(file.SerializeToString()).run(["logits"], images)[0].mean(axis=0) for file in files
    )
    assert np.abs(corrected - plain).mean() < np.abs(rounded - plain).mean()


def test_a_float_layer_is_refused(make_graph):
    _, model = make_graph()
    with pytest.raises(QuantizationError, match=r"Conv '.*' still computes in float, expected int8 weights"):
        check_quantized(model)


@pytest.mark.parametrize("arch", ARCHS)
def test_an_equalised_network_computes_the_same_function(make_graph, arch):
    _, model = make_graph(arch)
    assert find_pairs(model.graph)
    even = equalise(model)
    images = np.random.default_rng(1).random((5, 1, 32, 32), np.float32) * 2 - 1
    before, after = (open_session(m.SerializeToString()).run(None, {"input": images})[0] for m in (model, even))
    np.testing.assert_array_equal(before, after)
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in even.graph.initializer}
    for first, second in find_pairs(even.graph):
        assert np.abs(weights[first.input[1]]).max() > 0
        assert np.isfinite(weights[second.input[1]]).all()


def test_equalising_makes_the_ranges_of_channels_more_equal(make_graph):
    _, model = make_graph()
    first, second = find_pairs(model.graph)[0]
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor).copy()
        if tensor.name == first.input[1]:
            values[0] *= 1024
        elif tensor.name == second.input[1]:
            values[:, 0] /= 1024
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    even = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in equalise(model).graph.initializer}
    largest = np.abs(even[first.input[1]]).max(axis=(1, 2, 3))
    assert largest[0] < 8 * np.median(largest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: setattr(m.graph.input[0], "name", "image"), r"inputs: found .*'image'.*, expected .*'input'"),
        (lambda m: setattr(m.graph.output[0], "name", "scores"), r"outputs: found .*'scores'.*, expected .*'logits'"),
        (
            lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 1),
            "inputs: found .*shape=.1, 1",
        ),
        (lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 10), "inputs: found .*FLOAT16"),
        (lambda m: setattr(m.opset_import[0], "version", 13), "opset: found 13, expected 11"),
        (lambda m: setattr(m, "ir_version", 10), "IR version: found 10, expected 6"),
        (lambda m: setattr(m.graph.node[0], "domain", "com.microsoft"), "domains .*: found .'com.microsoft',."),
    ],
)
def test_a_different_interface_is_refused(make_graph, change, message):
    spec, model = make_graph()
    change(model)
    with pytest.raises(InterfaceError, match=message):
        check_interface(graph_facts(model), spec, 11, 6)


def test_an_operator_outside_the_allow_list_is_refused(make_graph):
    _, model = make_graph(backend="tract")
    with pytest.raises(UnsupportedOpError, match="holds GlobalAveragePool, but backend 'strict' allows only Add, Av"):
        check_operators(graph_facts(model), get_backend("strict"), PRECISIONS["fp32"])
    check_operators(graph_facts(model), get_backend("tract"), PRECISIONS["fp32"])


def test_operators_of_a_precision_are_allowed_in_its_own_files_only(make_graph):
    _, model = make_graph()
    half, strict = graph_facts(store_weights(model, as_float16)), get_backend("strict")
    check_operators(half, strict, PRECISIONS["fp16-weights"])
    with pytest.raises(UnsupportedOpError, match="holds Cast, but backend 'strict' allows only"):
        check_operators(half, strict, PRECISIONS["int8"])


def test_an_invalid_file_is_refused(make_graph, tmp_path):
    _, model = make_graph()
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString()[:-100])
    with pytest.raises(InterfaceError, match="not a valid ONNX model"):
        check_file(path)
    with pytest.raises(EngineError, match=r"m\.onnx does not load in onnxruntime .*: export it again\."):
        onnx_predictor(path)
    # What quantize_static writes for per-channel scales at opset 11: an axis that DequantizeLinear does not have.
    model.graph.node[0].attribute.append(onnx.helper.make_attribute("axis", 0))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InterfaceError, match="Unrecognized attribute: axis"):
        check_file(path)


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"\x89PNG\r\n\x1a\n" + bytes(100), b"<!doctype html><title>404</title>"]
)
def test_a_file_that_is_no_onnx_model_is_refused(content, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(InterfaceError, match=r"not a valid ONNX model \(.+\): restore it, or export it again"):
        check_file(path)


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.6, 0.99])
def test_a_truncated_file_is_refused(make_graph, tmp_path, kept):
    _, model = make_graph()
    data = model.SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InterfaceError, match="not a valid ONNX model"):
        check_file(path)
