"""Exporters are tried in the order of the backend's row, and a failure is reported."""

import re
from dataclasses import replace

import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from export import to_onnx as exporters
from export.backends import get_backend
from export.errors import ExportError
from export.graph_facts import opset_of
from export.lower_opset import lower_opset


class Inverse(nn.Module):
    """Holds an operation that no opset has."""

    def forward(self, x):
        return torch.linalg.pinv(x)


class Wave(nn.Module):
    """Holds an operator that both exporters write, but that no classifier here needs."""

    def forward(self, x):
        return torch.sin(x).flatten(1)


def refuse(_network, _size, _opset):
    raise ExportError("refused on purpose.")


def test_a_failed_exporter_is_reported_and_the_next_one_is_used(monkeypatch, make_network):
    monkeypatch.setitem(exporters.EXPORTERS, "other", refuse)
    backend = replace(get_backend("strict"), exporters=("other", "torchscript"))
    lines = []
    model, name = exporters.to_onnx(make_network(), 32, backend, lines.append)
    assert name == "torchscript"
    assert model.opset_import[0].version == 11
    assert lines == ["strict: exporter other failed (refused on purpose.)"]


def test_an_exporter_that_writes_another_opset_is_rejected(monkeypatch, make_network):
    monkeypatch.setitem(
        exporters.EXPORTERS, "other", lambda network, size, opset: exporters.export_torchscript(network, size, 13)
    )
    backend = replace(get_backend("strict"), exporters=("other", "torchscript"))
    lines = []
    assert exporters.to_onnx(make_network(), 32, backend, lines.append)[1] == "torchscript"
    assert lines == ["strict: exporter other failed (it wrote opset 13, expected 11.)"]


def test_torch_export_prints_nothing(capfd, recwarn):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert opset_of(exporters.export_dynamo(network.eval(), 8, 12)) == 12
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def write_wave(_network, size, opset):
    """Do what `export_dynamo` does for Wave, without the seconds that torch.export takes."""
    image, logits = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("input", ["batch", 1, size, size]), ("logits", ["batch", size * size]))
    )
    nodes = [helper.make_node("Sin", ["input"], ["wave"]), helper.make_node("Flatten", ["wave"], ["logits"])]
    graph = helper.make_graph(nodes, "wave", [image], [logits])
    return lower_opset(helper.make_model(graph, opset_imports=[helper.make_opsetid("", exporters.DYNAMO_OPSET)]), opset)


def test_a_graph_that_cannot_be_lowered_is_reported_and_torchscript_is_used(monkeypatch):
    monkeypatch.setitem(exporters.EXPORTERS, "torch.export", write_wave)
    lines = []
    _, name = exporters.to_onnx(Wave().eval(), 32, get_backend("tract"), lines.append)
    assert name == "torchscript"
    assert re.match(r"tract: exporter torch\.export failed \(torch\.export wrote Sin\(.*, which has no rule", lines[0])


def test_the_error_lists_every_failed_exporter():
    with pytest.raises(ExportError, match=r"No exporter could write opset 11 for 'strict': torchscript: .*linalg_pinv"):
        exporters.to_onnx(Inverse(), 32, get_backend("strict"), [].append)
