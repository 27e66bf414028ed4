"""Exporters are tried in their row's order, and the user is told when the first one fails."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from export import to_onnx as exporters
from export.backends import get_backend
from export.errors import ExportError


class Inverse(nn.Module):
    """Holds an operation that no opset has."""

    def forward(self, x):
        return torch.linalg.pinv(x)


def refuse(_network, _size, _opset):
    raise ExportError("refused on purpose.")


def test_falls_back_and_says_so(monkeypatch, make_network):
    monkeypatch.setitem(exporters.EXPORTERS, "other", refuse)
    backend = replace(get_backend("strict"), exporters=("other", "torchscript"))
    lines = []
    model, name = exporters.to_onnx(make_network(), 32, backend, lines.append)
    assert name == "torchscript"
    assert model.opset_import[0].version == 11
    assert lines == ["strict: exporter other failed (refused on purpose.)"]


def test_no_exporter_works():
    with pytest.raises(ExportError, match=r"No exporter could write opset 11 for 'strict': torchscript: .*linalg_pinv"):
        exporters.to_onnx(Inverse(), 32, get_backend("strict"), [].append)
