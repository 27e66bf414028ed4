"""Transfer of weights between networks of one architecture, with the same or other classes."""

from dataclasses import replace

import pytest
import torch

from kakitori.charset import get_charset
from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.models.registry import build_network
from training.models.transfer import shared_classes, start_from
from training.models.weights import save_network


def spec_of(name, limit):
    charset = get_charset(name, limit)
    return ModelSpec("resnet", (4, 4, 4, 8), "adaptive_avg", name, limit, charset.digest)


@pytest.fixture
def trained(tmp_path):
    spec = spec_of("etl9g", 30)
    network = build_network(spec)
    save_network(spec, network, tmp_path)
    return spec, network.state_dict(), tmp_path


def start(folder, spec):
    """Return the weights before and after the transfer, and the reported line."""
    network, lines = build_network(spec), []
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    start_from(folder, spec, network, lines.append)
    return fresh, network.state_dict(), lines[0]


def test_with_the_same_classes_all_weights_are_copied(trained):
    spec, theirs, folder = trained
    _, started, line = start(folder, spec)
    assert all(torch.equal(started[name], theirs[name]) for name in theirs)
    assert line == f"Starting from all weights of {folder}."


@pytest.mark.parametrize("name", ["classifier.2.weight", "classifier.2.bias"])
def test_with_other_classes_the_rows_of_shared_ones_are_copied_and_the_others_stay_random(trained, name):
    spec, theirs, folder = trained
    wide = spec_of("wide", 130)
    fresh, started, _ = start(folder, wide)
    ours, old = wide.get_charset(), spec.get_charset()
    assert torch.equal(started[name][ours.index("つ")], theirs[name][old.index("つ")])
    assert torch.equal(started[name][ours.index("あ")], theirs[name][old.index("あ")])
    assert torch.equal(started[name][ours.index("A")], fresh[name][ours.index("A")])


def test_with_other_classes_all_weights_before_the_classifier_are_copied(trained):
    _, theirs, folder = trained
    _, started, line = start(folder, spec_of("wide", 130))
    assert all(torch.equal(started[name], theirs[name]) for name in theirs if not name.startswith("classifier"))
    assert line.endswith("the classifier's of 30 of 130 classes; the other 100 start fresh.")


def test_other_classes_of_the_same_number_are_not_taken_for_the_same(trained):
    _, theirs, folder = trained
    other = replace(spec_of("wide", 30), charset="k49", digest=get_charset("k49", 30).digest)
    _, started, _ = start(folder, other)
    row = get_charset("etl9g", 30).index("い")
    assert torch.equal(started["classifier.2.weight"][1], theirs["classifier.2.weight"][row])


def test_a_class_is_shared_by_any_of_its_homoglyphs():
    assert shared_classes(get_charset("wide"), get_charset("etl9g"))[get_charset("wide").index("ー")] == (
        get_charset("etl9g").index("一")
    )


def test_another_network_is_refused(trained):
    spec, _, folder = trained
    other = replace(spec, widths=(4, 4, 4, 16))
    with pytest.raises(ModelError, match=r"--start-from .*: its widths is \(4, 4, 4, 8\)"):
        start_from(folder, other, build_network(other), print)


def test_a_model_without_a_common_class_is_refused(trained):
    _, _, folder = trained
    other = spec_of("digits", 10)
    with pytest.raises(ModelError, match="none of its 30 classes is one of this run's 10"):
        start_from(folder, other, build_network(other), print)
