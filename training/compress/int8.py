"""The whole numbers of static INT8, which `export` writes and `training.compress.qat` trains for.

Weights are int8, activations uint8. Without VNNI, ONNX Runtime on x86 adds the products of two activations and two
weights in 16 bits. How large the activations may be follows from the weights that are added: the largest sum of two
neighbours of one sign.
"""

import numpy as np

# The rounding of earlier layers takes activations a little beyond what was measured in float.
LARGEST_SUM = 0.95 * 2**15
UINT8_MOST, INT8_MOST = 255, 127


def most_activation(weight: np.ndarray) -> float:
    """Return the largest number that the inputs of a layer with this weight may have, at most UINT8_MOST."""
    return min(UINT8_MOST, LARGEST_SUM / largest_pair(rounded_weight(weight)))


def rounded_weight(weight: np.ndarray) -> np.ndarray:
    """Return a weight tensor as the whole numbers (int64) that it is stored as, at most INT8_MOST in size."""
    return np.round(weight / (np.abs(weight).max() or 1) * INT8_MOST).astype(np.int64)


def largest_pair(weight: np.ndarray) -> int:
    """Return the largest size of the sum of two neighbours of one sign, in whichever order a kernel reads a channel.

    Args:
        weight: (O, C) or (O, C, k, k) whole numbers.
    """
    orders = [weight] if weight.ndim == 2 else [weight, weight.transpose(0, 2, 3, 1), weight.transpose(0, 1, 3, 2)]
    rows = [order.reshape(len(order), -1) for order in orders]
    pairs = [np.abs(row[:, :-1] + row[:, 1:])[row[:, :-1] * row[:, 1:] >= 0] for row in rows]
    return int(max([np.abs(weight).max(), 1, *(pair.max() for pair in pairs if pair.size)]))
