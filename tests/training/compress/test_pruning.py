"""Pruning: the least important channels are removed; the result is an ordinary model of other widths."""

from dataclasses import replace

import pytest
import torch
import torch_pruning
from torch import nn

import training.fit.setup
from kakitori.spec import POOLINGS, ModelSpec
from training.compress.pruning import choose_widths, find_groups, loss_change, prune_network, score_channels
from training.fit.chain import pruning_runs
from training.fit.config import TrainConfig
from training.fit.train import train
from training.models.registry import ARCHITECTURES, build_network
from training.models.weights import load_network

WIDTHS = {"resnet": (8, 16, 24, 32), "compact": (8, 16, 24, 32), "cnn": (8, 16, 16, 24, 32)}
HALVES = {"resnet": (4, 8, 12, 16), "compact": (4, 8, 12, 16), "cnn": (8, 8, 8, 12, 16)}  # 8 is the least width of cnn
SIZE = 32


def spec_of(arch, charset, pooling="adaptive_avg"):
    return ModelSpec(arch, WIDTHS[arch], pooling, "etl9g", len(charset), charset.digest, SIZE)


def batches(count, classes=100):
    generator = torch.Generator().manual_seed(5)
    for _ in range(count):
        yield torch.randn(8, 1, SIZE, SIZE, generator=generator), torch.randint(classes, (8,), generator=generator)


def scored(spec):
    torch.manual_seed(2)
    network = build_network(spec)
    graph = torch_pruning.DependencyGraph().build_dependency(network, torch.zeros(1, 1, SIZE, SIZE))
    groups = find_groups(graph, network)
    return network, groups, score_channels(network, groups, batches(2))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_pruned_network_is_an_ordinary_one_of_smaller_widths(arch, small_charset):
    spec = spec_of(arch, small_charset)
    narrow_spec, narrow = prune_network(spec, build_network(spec), 0.4, batches(2))
    assert 0.6 <= sum(narrow_spec.widths) / sum(spec.widths) < 0.7
    assert all(width % 4 == 0 for width in narrow_spec.widths)
    assert narrow.eval()(torch.zeros(2, 1, SIZE, SIZE)).shape == (2, 100)


def test_the_classifier_reads_only_the_remaining_channels_of_2x2_pooling(small_charset):
    spec = spec_of("compact", small_charset, next(name for name, row in POOLINGS.items() if row.output == 2))
    narrow_spec, narrow = prune_network(spec, build_network(spec), 0.4, batches(2))
    assert narrow.classifier[-1].in_features == 4 * narrow_spec.widths[-1] < 4 * spec.widths[-1]


def test_a_factored_classifier_keeps_its_rank(small_charset):
    spec = replace(spec_of("compact", small_charset), rank=10)
    narrow_spec, narrow = prune_network(spec, build_network(spec), 0.4, batches(2))
    assert [layer.weight.shape for layer in narrow.classifier[-2:]] == [(10, narrow_spec.widths[-1]), (100, 10)]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_channels_without_effect_are_removed_first_and_the_function_is_unchanged(arch, small_charset):
    """Half of the channels have zero weights."""
    spec = spec_of(arch, small_charset)
    torch.manual_seed(2)
    network = build_network(spec)
    graph = torch_pruning.DependencyGraph().build_dependency(network, torch.zeros(1, 1, SIZE, SIZE))
    with torch.no_grad():
        for group in find_groups(graph, network):
            for maker in group.makers:
                for parameter in maker.parameters():
                    parameter[len(parameter) // 2 :] = 0
    x = torch.randn(4, 1, SIZE, SIZE)
    with torch.inference_mode():
        before = network.eval()(x)
    share = 1 - sum(HALVES[arch]) / sum(spec.widths)
    narrow_spec, narrow = prune_network(spec, network, share, batches(4))
    assert narrow_spec.widths == HALVES[arch]
    with torch.inference_mode():
        torch.testing.assert_close(narrow.eval()(x), before, atol=1e-4, rtol=1e-4)


def test_importance_is_the_change_of_the_loss_to_first_order():
    """Scaling a channel by 1 - e lowers the loss by about e times its importance."""
    torch.manual_seed(1)
    body = nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()
    network = nn.Sequential(*body, nn.Flatten(), nn.Linear(36, 3)).eval().double()
    x, labels, little = torch.randn(5, 1, 5, 5).double(), torch.randint(3, (5,)), 1e-5
    loss = nn.functional.cross_entropy(network(x), labels)
    loss.backward()
    importance = loss_change(network[1])
    with torch.no_grad():
        network[1].weight[2] *= 1 - little
        network[1].bias[2] *= 1 - little
        change = nn.functional.cross_entropy(network(x), labels) - loss
    assert -change / little == pytest.approx(importance[2].item(), rel=1e-3)


def test_both_sides_of_a_shortcut_are_one_group(small_charset):
    """The groups are the stem, and of each of three blocks the inner channels and the sum of body and shortcut."""
    _, groups, scores = scored(spec_of("resnet", small_charset))
    assert [len(group.makers) for group in sorted(groups, key=lambda g: g.name)] == [1, 2, 1, 2, 1, 2, 1]
    assert sorted(len(score) for score in scores) == [8, 16, 16, 24, 24, 32, 32]


def test_the_least_important_channels_of_the_whole_network_are_removed(small_charset):
    spec = spec_of("compact", small_charset)
    _, groups, scores = scored(spec)
    unimportant = next(i for i, group in enumerate(groups) if group.root.out_channels == 24)
    even = [torch.ones_like(score) for score in scores]
    even[unimportant][:16] = 0.1
    assert choose_widths(spec, groups, even, 0.2) == (8, 16, 8, 32)  # 16 of 80 channels


def test_steps_keep_together_the_share_of_one_step(tmp_path):
    config = TrainConfig(model=tmp_path / "m", start_from=tmp_path / "s", prune=0.488, prune_steps=3)
    runs = pruning_runs(config)
    assert [run.prune for run in runs] == [0.2, 0.2, 0.2]
    assert [run.model for run in runs] == [tmp_path / "m/steps/1", tmp_path / "m/steps/2", tmp_path / "m"]
    assert [run.start_from for run in runs] == [tmp_path / "s", tmp_path / "m/steps/1", tmp_path / "m/steps/2"]


def test_a_pruned_model_is_trained_on_and_goes_on_after_an_interruption(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(training.fit.setup, "IMPORTANCE_BATCHES", 1)
    first = replace(tiny_run, model=tmp_path / "wide", epochs=1, widths=WIDTHS["compact"])
    train(first, report=lambda line: None)
    pruned = replace(first, model=tmp_path / "narrow", start_from=first.model, widths=None, prune=0.4, prune_steps=2)
    facts = train(pruned, report=lambda line: None).training
    again = train(replace(pruned, resume=True), report=lambda line: None)
    spec, _ = load_network(pruned.model)
    assert facts["prune"] == pytest.approx(0.2254)
    assert facts["base"]["base"]["val_top1_percent"] is not None
    assert again.widths == spec.widths != first.widths
