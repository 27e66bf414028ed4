"""Low-rank classifiers: close to the full one, smaller, and exported like any other."""

from dataclasses import replace

import pytest
import torch

from export import check_images
from export.build import export_model
from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.compress.low_rank import factor, factor_classifier
from training.compress.qat import quantization_aware, restore_float
from training.fit.train import train
from training.models.registry import ARCHITECTURES, build_network, count_parameters, get_architecture
from training.models.weights import load_network


def model_of(arch, charset, rank=None):
    torch.manual_seed(4)
    widths = get_architecture(arch).widths
    spec = ModelSpec(arch, widths, "adaptive_avg", "etl9g", len(charset), charset.digest, rank=rank)
    return spec, build_network(spec).eval()


def logits(network):
    with torch.inference_mode():
        return network.eval()(torch.randn(4, 1, 64, 64, generator=torch.Generator().manual_seed(6)))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_full_rank_minus_one_changes_little(arch, small_charset):
    spec, network = model_of(arch, small_charset)
    thin_spec, thin = factor_classifier(spec, network, 99)
    assert thin_spec == replace(spec, rank=99)
    assert (logits(thin) - logits(network)).abs().mean() < 0.01 * logits(network).abs().mean()


def test_a_small_rank_gives_a_small_classifier(small_charset):
    spec, network = model_of("compact", small_charset)
    _, thin = factor_classifier(spec, network, 10)
    (wide,), layers = network.classifier[2:], thin.classifier[2:]
    assert count_parameters(wide) == 128 * 100 + 100
    assert count_parameters(layers) == 10 * (128 + 100) + 10 + 100


def test_factors_are_exact_where_the_weight_has_the_rank():
    weight = torch.randn(30, 4) @ torch.randn(4, 20)
    first, second = factor(weight, 4)
    assert (first.shape, second.shape) == ((4, 20), (30, 4))
    torch.testing.assert_close(second @ first, weight, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("rank", "theirs", "message"), [(100, None, "has rank 100"), (9, 10, "is factored already")])
def test_a_rank_that_saves_nothing_is_refused(rank, theirs, message, small_charset):
    with pytest.raises(ModelError, match=f"--low-rank {rank}: .* {message}.*: choose a smaller rank"):
        factor_classifier(*model_of("compact", small_charset, theirs), rank)


def test_a_quantization_aware_network_restores_to_two_layers(small_charset):
    spec, network = model_of("compact", small_charset, rank=10)
    plain = build_network(spec)
    restore_float(plain, quantization_aware(network))
    torch.testing.assert_close(logits(plain), logits(network), atol=1e-4, rtol=1e-4)


def test_a_factored_model_is_trained_on_and_exported_as_int8(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(check_images, "EVALUATION_MINIMUM", 200)
    wide = replace(tiny_run, model=tmp_path / "wide", class_limit=16, epochs=1, widths=(8, 8, 8, 12))
    train(wide, report=lambda line: None)
    thin = replace(wide, model=tmp_path / "thin", start_from=wide.model, widths=None, low_rank=6)
    train(thin, report=lambda line: None)
    further = replace(thin, model=tmp_path / "further", start_from=thin.model, low_rank=None)
    train(further, report=lambda line: None)
    spec, network = load_network(further.model)
    assert (spec.rank, network.classifier[-1].weight.shape) == (6, (16, 6))
    rows = export_model(further.model, ["strict"], ["fp32", "int8"], report=lambda line: None)
    assert [row.operators["Gemm"] for row in rows] == [2, 2]
