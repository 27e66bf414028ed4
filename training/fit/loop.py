"""The schedule, one epoch of training and one evaluation: numbers in, numbers out; writes nothing.

Learning rate, image side and decay are functions of the progress, so checkpoints need not store them.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from training.compress.distillation import Loss
from training.evaluation.metrics import ranks, top_k_percent
from training.fit.batches import to_input

EVALUATION_BATCH = 256
# (share of the epochs until which a stage lasts, image side as a share of the full one). Images of half the side cost
# a quarter; the last epochs have the full side (progressive resizing: Tan & Le 2021, EfficientNetV2).
SIDE_STAGES = ((0.5, 1 / 2), (0.72, 3 / 4), (1.0, 1))
FINAL_FACTOR = 0.01  # of the peak learning rate


def learning_rate(step: int, total_steps: int, warmup_steps: int, peak: float) -> float:
    """Return the learning rate of step 0..total_steps-1: linear warm-up, then a cosine to FINAL_FACTOR of the peak."""
    warmup_steps = max(1, min(warmup_steps, total_steps // 10))
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * (FINAL_FACTOR + (1 - FINAL_FACTOR) * 0.5 * (1 + math.cos(math.pi * progress)))


def image_side(epoch: int, epochs: int, size: int) -> int:
    """Return the image side of epoch 1..epochs in pixels, a multiple of 16."""
    share = next(share for until, share in SIDE_STAGES if epoch <= max(until * epochs, 1 if until == 1 else 0))
    return max(32, round(size * share / 16) * 16)


def ema_decay(step: int, decay: float) -> float:
    """Return the decay of the moving average of the weights at a step: smaller in the first steps, for short runs."""
    return min(decay, (1 + step) / (10 + step))


class Diverged(Exception):
    """The loss of a training step is not a finite number: `step` counts from 1 in its epoch."""

    def __init__(self, loss: float, step: int) -> None:
        super().__init__(f"loss {loss} at step {step}")
        self.loss, self.step = loss, step


@dataclass(frozen=True)
class EpochResult:
    """Results of an epoch in one process: mean loss, top-1 on the training images as drawn, speed and time."""

    loss: float
    top1_percent: float
    images_per_second: float
    seconds: float


@dataclass
class Trainer:
    """What an epoch updates: `network` and `optimizer` from `accelerator.prepare`, and the moving average."""

    accelerator: Accelerator
    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    clip_norm: float


def train_epoch(
    trainer: Trainer,
    batches: Iterable[tuple[Tensor, Tensor]],
    rates: Sequence[float],
    decays: Sequence[float],
    loss_of: Loss,
    report: Callable[[float, float, int], None] = lambda loss, top1_percent, images: None,
) -> EpochResult:
    """Train on all batches and return the epoch's result.

    Args:
        trainer: is updated in place.
        batches: images (N + M, H, H) uint8 and labels (N,) int64; the loss alone uses the M images without a label.
        rates: learning rate of each step.
        decays: decay of the moving average of the weights at each step.
        loss_of: from input (N + M, 1, H, H), logits (N + M, K) and labels (N,) to the scalar to minimise.
        report: called after each step with the mean loss and the top-1 in percent so far, and the step's labels.

    Raises:
        Diverged: at the first step with a loss that is not finite.
    """
    trainer.network.train()
    device = trainer.accelerator.device
    started, images, loss_sum, correct = time.perf_counter(), 0, 0.0, 0
    for step, ((pixels, labels), rate, decay) in enumerate(zip(batches, rates, decays, strict=True), start=1):
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate
        labels = labels.to(device, non_blocking=True)
        x = to_input(pixels.to(device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        with trainer.accelerator.autocast():
            logits = trainer.network(x)
            loss = loss_of(x, logits, labels)
        trainer.accelerator.backward(loss)
        trainer.accelerator.clip_grad_norm_(trainer.network.parameters(), trainer.clip_norm)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        average_weights(trainer.average, trainer.accelerator.unwrap_model(trainer.network), decay)
        value = float(loss.detach())  # after the step: on a GPU this waits for the forward pass
        if not math.isfinite(value):
            raise Diverged(value, step)
        images += len(labels)
        loss_sum += value * len(labels)
        correct += int((logits[: len(labels)].detach().argmax(1) == labels).sum())
        report(loss_sum / images, 100 * correct / images, len(labels))
    seconds = time.perf_counter() - started
    return EpochResult(loss_sum / images, 100 * correct / images, images / seconds, seconds)


@torch.no_grad()
def average_weights(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Update the moving average of the weights and of the batch-norm statistics, in place."""
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.is_floating_point():
            ours.lerp_(theirs, 1 - decay)
        else:
            ours.copy_(theirs)


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor, device: torch.device | str = "cpu") -> np.ndarray:
    """Return the logits (N, K) float32 of images (N, H, W) uint8 in evaluation mode."""
    network.eval()
    rows = [
        network(to_input(part.to(device)).contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
        for part in images.split(EVALUATION_BATCH)
    ]
    return np.concatenate(rows)


def evaluate_set(
    network: nn.Module, images: Tensor, labels: Tensor, device: torch.device | str = "cpu"
) -> dict[str, float]:
    """Return the mean cross-entropy `loss` and the top-k percentages of a set of images (N, H, W) uint8."""
    logits = predict(network, images, device)
    loss = nn.functional.cross_entropy(torch.from_numpy(logits), labels)
    return {"loss": float(loss), **top_k_percent(ranks(logits, labels.numpy()))}
