"""Quantization-aware training: the same rounding as the INT8 file's, and the restored float network."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from export.backends import BACKENDS
from export.int8.quantize import quantize_static
from export.int8.ranges import round_up
from export.pooling import prepare_pooling
from export.to_onnx import simplify, to_onnx
from kakitori.errors import KakitoriError
from kakitori.spec import ModelSpec
from training.compress.qat import ActivationRounding, fold_norms, quantization_aware, restore_float, rounded
from training.fit.config import TrainConfig
from training.fit.train import train
from training.models.registry import build_network
from training.models.weights import load_network

WIDTHS = {"resnet": (8, 8, 16, 16), "compact": (8, 8, 16, 16), "cnn": (8, 8, 16, 16, 16)}
SIZE = 32


def trained_like(arch, charset):
    """Return a spec and a network with batch-norm statistics and biases unlike those of a new one."""
    torch.manual_seed(3)
    spec = ModelSpec(arch, WIDTHS[arch], "adaptive_avg", "etl9g", len(charset), charset.digest, SIZE)
    network = build_network(spec)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
    for _ in range(20):
        network(images(16))
    return spec, network.eval()


def images(count):
    return (torch.rand(count, 1, SIZE, SIZE) > 0.8).float() * 2 - 1


def logits(network, x):
    with torch.inference_mode():
        return network.eval()(x)


def calibrated(network, x, monkeypatch):
    """Return a quantization-aware network with the ranges that `export.int8.ranges` finds on x, in float."""
    aware = quantization_aware(network)
    with monkeypatch.context() as patch, torch.no_grad():
        patch.setattr(torch, "fake_quantize_per_tensor_affine", lambda x, *_: x)
        aware(x)
    for module in aware.modules():
        if isinstance(module, ActivationRounding):
            module.low.fill_(-round_up(-module.low.item()))
            module.high.fill_(round_up(module.high.item()))
    return aware


def steps_of(aware):
    """Return the (step, zero point) of every rounding of activations, in order of use, and the steps of weights."""
    names = [node.target for node in aware.graph.nodes if node.op == "call_module"]
    modules = [aware.get_submodule(name) for name in names if name.startswith("round_")]
    bounds = [(min(m.low.item(), 0), max(m.high.item(), 0), m.most) for m in modules]
    activations = [((high - low) / most, round(-low / (high - low) * most)) for low, high, most in bounds]
    weights = [m.parametrizations.weight.original.abs().max().item() / 127 for m in aware.modules() if is_weighted(m)]
    return activations, weights


def is_weighted(module):
    return isinstance(module, (nn.Conv2d, nn.Linear))


def steps_in(file):
    """Return the same for an INT8 graph; tensors of equal range count once."""
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in file.graph.initializer}
    nodes = [node for node in file.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    steps = [(n.op_type, values.get(n.input[0]), [values[name].item() for name in n.input[1:]]) for n in nodes]
    activations = [tuple(step) for operator, _, step in steps if operator == "QuantizeLinear"]
    weights = [step for _, value, (step, *_) in steps if value is not None and value.dtype == np.int8]
    return list(dict.fromkeys(activations)), weights


@pytest.mark.parametrize("arch", WIDTHS)
def test_it_rounds_where_the_int8_file_rounds_and_to_the_same_numbers(arch, small_charset, monkeypatch):
    _, network = trained_like(arch, small_charset)
    x = images(32)
    graph, _ = to_onnx(prepare_pooling(network, "fixed_avg", SIZE), SIZE, BACKENDS["strict"], lambda line: None)
    file = quantize_static(simplify(graph), x.numpy())
    for theirs, ours in zip(steps_in(file), steps_of(calibrated(network, x, monkeypatch)), strict=True):
        np.testing.assert_allclose(sorted(ours), sorted(theirs), rtol=1e-5)


@pytest.mark.parametrize("arch", WIDTHS)
def test_the_restored_float_network_computes_the_same_function(arch, small_charset):
    spec, network = trained_like(arch, small_charset)
    plain = build_network(spec)
    restore_float(plain, quantization_aware(network))
    x = images(8)
    torch.testing.assert_close(logits(plain, x), logits(network, x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("arch", WIDTHS)
def test_every_weight_gets_a_gradient(arch, small_charset):
    """Channel attention, too, gets gradients."""
    _, network = trained_like(arch, small_charset)
    aware = quantization_aware(network)
    aware(images(8))  # finds the ranges
    aware(images(8)).logsumexp(1).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in aware.parameters())


def test_folding_batch_normalisation_changes_nothing(small_charset):
    _, network = trained_like("resnet", small_charset)
    x = images(8)
    before = logits(network, x)
    torch.testing.assert_close(logits(fold_norms(network), x), before, atol=1e-4, rtol=1e-4)


def test_rounding_keeps_zero_and_values_above_the_range():
    x = torch.tensor([-1.0, -0.4, 0.0, 0.1, 2.0, 9.0, -9.0])
    step, zero = 3 / 120, 40
    expected = ((x / step).round() + zero).clamp(0, 255).sub(zero) * step
    torch.testing.assert_close(rounded(x, torch.tensor(-1.0), torch.tensor(2.0), 120), expected)


def test_a_range_includes_zero_and_may_be_empty():
    low, high = torch.tensor(5.0), torch.tensor(6.0)
    assert rounded(torch.stack([low, high]), low, high, 255).tolist() == pytest.approx([5, 6], rel=0.01)
    assert rounded(torch.zeros(2), torch.tensor(0.0), torch.tensor(0.0), 255).tolist() == [0, 0]


def test_ranges_stay_in_evaluation_mode():
    rounding = ActivationRounding(255)
    rounding(torch.tensor([0.0, 1.0]))
    rounding.eval()(torch.tensor([0.0, 100.0]))
    assert rounding.high == 1


def test_a_run_leaves_an_ordinary_model(tiny_run, tmp_path):
    first = replace(tiny_run, model=tmp_path / "float", epochs=1)
    train(first, report=lambda line: None)
    tuned = replace(first, model=tmp_path / "tuned", start_from=first.model, qat=True, widths=None)
    facts = train(tuned, report=lambda line: None).training
    (_, before), (spec, after) = load_network(first.model), load_network(tuned.model)
    assert (spec.widths, facts["qat"]) == (first.widths, True)
    assert before.state_dict().keys() == after.state_dict().keys()


def test_qat_needs_trained_weights():
    with pytest.raises(KakitoriError, match="--qat needs --start-from: add it, or leave --qat out"):
        TrainConfig(qat=True)
