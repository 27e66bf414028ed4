"""Even out the channels between two convolutions, so that one scale for a whole weight tensor loses less.

Cross-layer equalisation (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction"):
in Conv -> Relu -> Conv, dividing a channel of the first and multiplying it in the second by the same s > 0 changes
nothing, because Relu(x / s) = Relu(x) / s. Depthwise convolutions need it: their channels differ up to a hundredfold.
"""

import numpy as np

PASSES = 8  # channels along a chain of pairs settle in fewer
LARGEST_EXPONENT = 6  # a channel is scaled by at most 64; a dead one would want infinity


def equalise_pair(before: np.ndarray, bias: np.ndarray | None, after: np.ndarray, depthwise: bool) -> None:
    """Scale the channels between two convolutions, in place, so that both have about the same largest weight.

    The factors are powers of two, so no product is rounded.

    Args:
        before: weight of the first, (C, I, kH, kW) float32.
        bias: of the first, (C,) float32, or None.
        after: weight of the second, (O, C, kH, kW), or (C, 1, kH, kW) where it is depthwise.
        depthwise: whether it is.
    """
    axis = 0 if depthwise else 1
    largest_before = np.abs(before).max(axis=(1, 2, 3))
    largest_after = np.abs(after).max(axis=tuple({0, 1, 2, 3} - {axis}))
    alive = (largest_before > 0) & (largest_after > 0)
    ratio = np.divide(largest_before, largest_after, out=np.ones_like(largest_before), where=alive)
    exponent = np.clip(np.round(np.log2(ratio) / 2), -LARGEST_EXPONENT, LARGEST_EXPONENT)
    scale = np.exp2(exponent).astype(np.float32)
    before /= scale[:, None, None, None]
    if bias is not None:
        bias /= scale
    after *= scale[:, None, None, None] if depthwise else scale[None, :, None, None]
