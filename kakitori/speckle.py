"""The bounding box of a character in a binary picture, without speckle and without the ruled lines of its cell.

    components  the ink pixels that touch one another, by a side or a corner (8-connected)
    speckle     components of less than 1/DUST of the ink each, and those of at most GRAIN pixels of less than
                1/GRAIN_DUST; unless they are more than 1/DUSTY of it together: then the strokes are in pieces
    lines       components that lie in the outermost 1/EDGE of the picture but for 1/INWARD of their pixels, and are
                nearly as long or as wide as it (LONG); if anything else but speckle reaches into that edge, the picture
                is cropped tightly and they are strokes

Speckle and lines stay in the picture; they only do not count for the box. Integer arithmetic throughout. Mirrored by
web/static/kakitori/shared/speckle.js; equality is tested.
"""

import numpy as np
from scipy import ndimage

DUST = 200
GRAIN, GRAIN_DUST = 3, 40
DUSTY = 4
INWARD = 20
EDGE = 16  # the edge is at least one pixel wide
LONG = (9, 10)  # share of the side
EIGHT_CONNECTED = np.ones((3, 3), np.int8)


def find_box(ink: np.ndarray) -> tuple[int, int, int, int]:
    """Return (top, bottom, left, right) of the character in a picture's ink (H, W) bool, bottom and right excluded.

    At least one pixel is ink.
    """
    labels, _ = ndimage.label(ink, EIGHT_CONNECTED)
    boxes = np.array([(s[0].start, s[0].stop, s[1].start, s[1].stop) for s in ndimage.find_objects(labels)])
    pixels = np.bincount(labels.ravel())[1:]
    height, width = ink.shape
    edge_y, edge_x = max(1, height // EDGE), max(1, width // EDGE)
    inner = labels[edge_y : height - edge_y, edge_x : width - edge_x]
    inside = np.bincount(inner.ravel(), minlength=len(pixels) + 1)[1:]
    total = pixels.sum()
    is_speckle = (pixels * DUST < total) | ((pixels <= GRAIN) & (pixels * GRAIN_DUST < total))
    if pixels[is_speckle].sum() * DUSTY > total:
        is_speckle[:] = False
    is_long = ((boxes[:, 1] - boxes[:, 0]) * LONG[1] >= height * LONG[0]) | (
        (boxes[:, 3] - boxes[:, 2]) * LONG[1] >= width * LONG[0]
    )
    is_line = (inside * INWARD <= pixels) & is_long
    rest = ~is_speckle & ~is_line
    if not rest.any() or (inside[rest] < pixels[rest]).any():
        rest = ~is_speckle
    kept = boxes[rest]
    return int(kept[:, 0].min()), int(kept[:, 1].max()), int(kept[:, 2].min()), int(kept[:, 3].max())
