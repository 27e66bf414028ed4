"""Compare models: parameters, multiply-accumulates, file size and accuracy, as a Markdown table.

Needs:  model directories whose strict.fp32 is exported, and strict.int8 unless the export refused it
Run:    python -m export.report.model_table runs/wide runs/pruned
Writes: nothing; prints the table
"""

import sys
from pathlib import Path

import torch
from torch_pruning.utils import count_ops_and_params

from export.manifest import find_row
from export.report.tables import markdown_table
from kakitori.model_directory import open_model
from training.models.registry import count_parameters, format_widths
from training.models.weights import load_network

FLOAT, INT8 = "strict.fp32", "strict.int8"
HEADINGS = ["model", "network", "parameters", "million MACs", "smallest file", "top-1", "top-1, INT8"]


def compare_row(model_dir: Path) -> list[str]:
    """Return a model's row of the table.

    Raises:
        KakitoriError: if the model cannot be used, or FLOAT is not exported.
    """
    spec, network = load_network(model_dir)
    manifest = open_model(model_dir).manifest
    kept = [find_row(manifest, FLOAT), *(row for row in manifest.files if row.variant == INT8)]
    top1 = [f"{row.evaluated[1].top1_percent:.2f} %" for row in kept]
    macs, _ = count_ops_and_params(network, torch.zeros(1, 1, spec.size, spec.size))
    shape = f"{spec.arch} {format_widths(spec.widths)}" + (f", rank {spec.rank}" if spec.rank else "")
    return [
        model_dir.name, shape, f"{count_parameters(network):,}", f"{macs / 1e6:.1f}",
        f"{kept[-1].bytes / 1e6:.2f} MB", top1[0], top1[1] if len(kept) == 2 else "refused: loses too much",
    ]  # fmt: skip


if __name__ == "__main__":
    print(markdown_table(HEADINGS, [compare_row(Path(name)) for name in sys.argv[1:]], 2))
