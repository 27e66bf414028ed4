"""The box of a character in a picture, without the scraps about it: dust, and the lines of the cell it was written in.

    pieces      the ink pixels that touch one another, by a side or a corner
    dust        pieces of less than a DUST-th of the ink each, and those of a few pixels (GRAIN) of less than a 40th;
                unless they are more than a quarter of it together: then the strokes themselves are in pieces
    lines       pieces in the outermost EDGE of the picture, but for a 20th of them, and nearly as long or as wide as it
                (LONG); if anything else but dust reaches into that edge, the picture is cut close and they are strokes

Scraps are left in the picture and only do not count for the box. Whole numbers throughout. Mirrored by
web/static/kakitori/shared/scraps.js; equality is tested.
"""

import numpy as np
from numba import njit

DUST = 200  # of the ink by a piece's
GRAIN, GRAIN_DUST = 3, 40  # pixels; of the ink by a grain's
DUSTY = 4  # of the ink by that of all dust
INWARD = 20  # of a line by what of it lies inside of the edge
EDGE = 16  # a 16th of the side, at least a pixel
LONG = (9, 10)  # of the side
TOP, BOTTOM, LEFT, RIGHT, PIXELS, INSIDE = range(6)  # of a piece: its box; its pixels, and those not in the edge


@njit(cache=True, nogil=True)
def find_box(ink):
    """Return (top, bottom, left, right) of the character in a picture's ink (H, W) bool; the second and last excluded.

    At least one pixel is ink.
    """
    pieces = find_pieces(ink)
    pixels = pieces[:, PIXELS]
    total = pixels.sum()
    is_dust = (pixels * DUST < total) | ((pixels <= GRAIN) & (pixels * GRAIN_DUST < total))
    if pixels[is_dust].sum() * DUSTY > total:
        is_dust[:] = False
    height, width = ink.shape
    is_line = (pieces[:, INSIDE] * INWARD <= pixels) & (
        ((pieces[:, BOTTOM] - pieces[:, TOP]) * LONG[1] >= height * LONG[0])
        | ((pieces[:, RIGHT] - pieces[:, LEFT]) * LONG[1] >= width * LONG[0])
    )
    rest = ~is_dust & ~is_line
    if not rest.any() or (pieces[rest, INSIDE] < pixels[rest]).any():
        rest = ~is_dust
    kept = pieces[rest]
    return kept[:, TOP].min(), kept[:, BOTTOM].max(), kept[:, LEFT].min(), kept[:, RIGHT].max()


@njit(cache=True, nogil=True)
def find_pieces(ink):
    """Return the pieces (N, 6) int64 of a picture's ink (H, W) bool, one at least."""
    height, width = ink.shape
    edge_y, edge_x = max(1, height // EDGE), max(1, width // EDGE)
    seen, stack = np.zeros((height, width), np.bool_), np.empty(height * width, np.int64)
    pieces = []
    for start in range(height * width):
        if not ink[start // width, start % width] or seen[start // width, start % width]:
            continue
        piece, count = np.array([height, 0, width, 0, 0, 0]), 1
        stack[0], seen[start // width, start % width] = start, True
        while count:
            count -= 1
            y, x = stack[count] // width, stack[count] % width
            piece[TOP], piece[BOTTOM] = min(piece[TOP], y), max(piece[BOTTOM], y + 1)
            piece[LEFT], piece[RIGHT] = min(piece[LEFT], x), max(piece[RIGHT], x + 1)
            piece[PIXELS] += 1
            piece[INSIDE] += edge_y <= y < height - edge_y and edge_x <= x < width - edge_x
            for near_y in range(max(0, y - 1), min(height, y + 2)):
                for near_x in range(max(0, x - 1), min(width, x + 2)):
                    if ink[near_y, near_x] and not seen[near_y, near_x]:
                        seen[near_y, near_x] = True
                        stack[count] = near_y * width + near_x
                        count += 1
        pieces.append(piece)
    found = np.empty((len(pieces), 6), np.int64)
    for n in range(len(pieces)):
        found[n] = pieces[n]
    return found
