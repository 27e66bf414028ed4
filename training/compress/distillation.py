"""Knowledge distillation (Hinton et al. 2015, arXiv:1503.02531): train on a teacher's logits beside the labels.

The teacher gets the same images as the student, in epochs of the teacher's image side; in other epochs the loss
consists of the labels' part alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.models.layers import to_channels_last
from training.models.transfer import shared_classes
from training.models.weights import load_network

# From the input (N, 1, H, W), the student's logits (N, K) and the labels (N,), to the scalar to minimise.
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
SHOWN_MISSING = 10  # characters in an error


@dataclass(frozen=True)
class Teacher:
    """A trained network in evaluation mode, its image side in pixels, and its indices of the student's classes."""

    network: nn.Module
    side: int
    columns: Tensor  # (K,) int64: the teacher's class index of each of the student's

    @torch.inference_mode()
    def logits(self, x: Tensor) -> Tensor:
        """Return the logits (N, K) of the student's classes for an input (N, 1, side, side)."""
        return self.network(x)[:, self.columns]


def open_teacher(model_dir: Path, spec: ModelSpec, device: torch.device) -> Teacher:
    """Return the teacher for a student with `spec`; classes are matched by their characters.

    Raises:
        ModelError: if the model cannot be used, has another image side, or lacks one of the student's classes.
    """
    theirs, network = load_network(model_dir)
    if theirs.size != spec.size:
        raise ModelError(
            f"--teacher {model_dir}: it reads images of {theirs.size} px, and this run ends with {spec.size} px: "
            f"choose a teacher of that size, or train with --size {theirs.size}."
        )
    wanted, classes = spec.get_charset(), theirs.get_charset()
    shared = shared_classes(wanted, classes)
    missing = [character for index, character in enumerate(wanted.characters) if index not in shared]
    if missing:
        raise ModelError(
            f"--teacher {model_dir}: its charset {classes.name!r} lacks {len(missing):,} of this run's {len(wanted):,} "
            f"classes ({', '.join(missing[:SHOWN_MISSING])}): choose a teacher with all of them."
        )
    columns = torch.tensor([shared[index] for index in range(len(wanted))], device=device)
    to_channels_last(network.requires_grad_(False).to(device))
    return Teacher(network, theirs.size, columns)


def label_loss(smoothing: float) -> Loss:
    """Return the cross-entropy loss with smoothed labels (Szegedy et al. 2015, arXiv:1512.00567)."""
    return lambda _x, logits, labels: nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def distillation_loss(logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Return T² · KL(teacher ‖ student), averaged over the batch, of logits (N, K) divided by the temperature T.

    T² keeps the size of the gradients independent of T.
    """
    student = (logits.float() / temperature).log_softmax(1)
    teacher = (teacher_logits.float() / temperature).log_softmax(1)
    divergence = nn.functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return temperature**2 * divergence


def teacher_loss(labelled: Loss, teacher: Teacher, weight: float, temperature: float) -> Loss:
    """Return the loss (1 - weight) · label loss + weight · distillation loss."""

    def loss(x: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        from_teacher = distillation_loss(logits, teacher.logits(x), temperature)
        return (1 - weight) * labelled(x, logits, labels) + weight * from_teacher

    return loss
