"""How learning rate and image side move through a run: pure functions of the progress, so nothing of it is stored."""

import math

# (share of the epochs up to which it holds, share of the full side). Most is learnt from small images, which cost a
# quarter; the last epochs see the size that is shipped (progressive resizing: Tan & Le 2021, EfficientNetV2).
SIDE_STAGES = ((0.5, 1 / 2), (0.72, 3 / 4), (1.0, 1))
FINAL_FACTOR = 0.01  # of the peak learning rate


def learning_rate(step: int, total_steps: int, warmup_steps: int, peak: float) -> float:
    """Return the rate of step 0..total_steps-1: linear warm-up, then one cosine down to a hundredth of the peak."""
    warmup_steps = max(1, min(warmup_steps, total_steps // 10))
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * (FINAL_FACTOR + (1 - FINAL_FACTOR) * 0.5 * (1 + math.cos(math.pi * progress)))


def image_side(epoch: int, epochs: int, size: int) -> int:
    """Return the side in pixels of the images of epoch 1..epochs, a multiple of 16."""
    share = next(share for until, share in SIDE_STAGES if epoch <= max(until * epochs, 1 if until == 1 else 0))
    return max(32, round(size * share / 16) * 16)


def ema_decay(step: int, decay: float) -> float:
    """Return the decay of the weights' moving average at a step: short memory first, so that short runs profit."""
    return min(decay, (1 + step) / (10 + step))
