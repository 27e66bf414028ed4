"""The bounding box of a character in a binary picture, without speckle and without the ruled lines of its cell.

    components  sets of ink pixels that are connected by sides or corners (8-connected)
    speckle     components of less than 1/SPECKLE of all ink pixels, and those of at most TINY pixels and less than
                1/TINY_SPECKLE of them; if all speckle together is more than 1/FRAGMENTED of the ink, the strokes
                are fragmented, and no component counts as speckle
    lines       components of which at most 1/INWARD lies outside the edge, the outermost 1/EDGE of the picture, and
                whose height or width is at least LONG of the picture's; if another component that is not speckle
                reaches into the edge, the picture is cropped tightly, and these components are strokes

Speckle and lines are left out of the bounding box, since a ruled line would enlarge it
(docs/measurements.md#speckle-and-ruled-lines); their pixels are not changed. Integer arithmetic throughout.
Mirrored by web/static/kakitori/shared/speckle.js; equality is tested.
"""

import numpy as np
from scipy import ndimage

SPECKLE = 200
TINY, TINY_SPECKLE = 3, 40
FRAGMENTED = 4
INWARD = 20
EDGE = 16  # the edge is at least one pixel wide
LONG = (9, 10)  # share of the side
EIGHT_CONNECTED = np.ones((3, 3), np.int8)


def find_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Return the bounding box (top, bottom, left, right) of the character, in pixels, bottom and right excluded.

    Args:
        ink: (H, W) bool, at least one pixel True.
    """
    labels, count = ndimage.label(ink, EIGHT_CONNECTED)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    numbers = np.zeros(count + 1, labels.dtype)  # of the components that are not speckle; 0 for the others
    is_speckle = find_speckle(pixels)
    numbers[1:][~is_speckle] = np.arange(1, count - is_speckle.sum() + 1)
    labels, pixels = numbers[labels], pixels[~is_speckle]
    boxes = np.array([(s[0].start, s[0].stop, s[1].start, s[1].stop) for s in ndimage.find_objects(labels)])
    height, width = ink.shape
    edge_y, edge_x = max(1, height // EDGE), max(1, width // EDGE)
    inner = labels[edge_y : height - edge_y, edge_x : width - edge_x]
    inside = np.bincount(inner.ravel(), minlength=len(pixels) + 1)[1:]
    is_long = ((boxes[:, 1] - boxes[:, 0]) * LONG[1] >= height * LONG[0]) | (
        (boxes[:, 3] - boxes[:, 2]) * LONG[1] >= width * LONG[0]
    )
    is_line = (inside * INWARD <= pixels) & is_long
    if is_line.all() or (inside[~is_line] < pixels[~is_line]).any():
        is_line[:] = False
    kept = boxes[~is_line]
    return int(kept[:, 0].min()), int(kept[:, 1].max()), int(kept[:, 2].min()), int(kept[:, 3].max())


def find_speckle(pixels: np.ndarray) -> np.ndarray:
    """Return whether each component is speckle, (N,) bool, from the components' numbers of pixels (N,)."""
    total = pixels.sum()
    is_speckle = (pixels * SPECKLE < total) | ((pixels <= TINY) & (pixels * TINY_SPECKLE < total))
    return np.zeros_like(is_speckle) if pixels[is_speckle].sum() * FRAGMENTED > total else is_speckle
