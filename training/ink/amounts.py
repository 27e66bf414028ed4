"""Every amount of the generated ink: a table for each effect, for the strength of variation and for the placement.

Units: lengths are shares of the longer side of the character's box, angles radians, pen radii pixels of an image of
REFERENCE_SIDE, grey levels coverage in [0, 1] (0 paper, 1 ink). Names end in what a number is:

    share        a probability: of characters, strokes or images
    sd           the standard deviation of a normal distribution; of a stretch or scale, of its natural logarithm
    min, span    a value is drawn uniformly from min to min + span
    count_min, count_end    a whole number is drawn from count_min to count_end - 1

Where a table belongs to an effect, `Effects` scales it. The amounts were compared with real handwriting, and widened
where real characters were misclassified: docs/measurements.md#amounts.
"""

import hashlib
import json
from typing import NamedTuple

REFERENCE_SIDE = 64  # pixels


class Effects(NamedTuple):
    """The strength of each effect: 1 as in training, 0 to leave it out. Where it scales a probability, at most 1."""

    proportions: float = 1.0
    strokes: float = 1.0
    ends: float = 1.0
    hooks: float = 1.0
    angles: float = 1.0
    rounding: float = 1.0
    tremor: float = 1.0
    forgetting: float = 1.0
    joins: float = 1.0
    bending: float = 1.0
    slant: float = 1.0
    pens: float = 1.0
    camera: float = 1.0


EFFECTS = Effects._fields


class _Hand(NamedTuple):
    """Strength of a character's variation, a factor of standard deviations: min(limit, |N(mean, sd)| + least)."""

    mean: float = 0.8
    sd: float = 0.45
    least: float = 0.1
    limit: float = 1.9
    redraws: int = 8  # at most, of a drawing that is nearer to a near-duplicate than to its own template


class _Proportions(NamedTuple):
    """Affine transforms of the character's parts, each about its own centre."""

    turn_sd: float = 0.04  # radians
    stretch_sd: float = 0.07  # of each axis
    shift_sd: float = 0.022  # box sides, times the part's looseness
    smallest_parts: float = 0.5  # factor for KanjiVG's smallest parts, which move within its largest
    disordered_share: float = 0.15  # of characters
    disorder: float = 2.5  # factor for these


class _Strokes(NamedTuple):
    """Transforms of a single stroke about a point of its chord. A short stroke of length l has s = exp(-l / short)."""

    short: float = 0.25  # box sides
    scale_sd: float = 0.13  # times 1 + s
    turn_sd: float = 0.075  # radians, times 1 + short_turn · s
    short_turn: float = 1.5
    strong_turn_share: float = 0.12  # of strokes
    strong_turn: float = 2.2  # factor for these
    shift_sd: float = 0.017  # box sides, times 1 + short_shift · s
    short_shift: float = 0.8
    bow_sd: float = 0.06  # height of the arch added to the stroke, as a share of its chord
    depth_sd: float = 0.2  # of the logarithm of the factor for the stroke's own distance from its chord
    depth_limit: float = 1.6
    peak_mean: float = 0.5  # share of the chord at which the arch is highest
    peak_sd: float = 0.15
    early_peak: float = 0.35  # peaks before this are drawn with the exponent early_exponent
    late_peak: float = 0.65  # peaks after this with late_exponent
    early_exponent: float = 0.5  # of t in sin(π · t^exponent), t from 0 to 1 along the chord
    late_exponent: float = 2.0


class _Ends(NamedTuple):
    """Ends of strokes that are cut short or overshoot. Lengths are shares of the stroke's points."""

    cut_share: float = 0.16  # of ends
    cut_exponent: float = 1.5  # of the uniform number that is multiplied with longest_cut: small cuts are more frequent
    longest_cut: float = 0.28
    overshoot_share: float = 0.12  # of the ends that are not cut
    longest_overshoot_first: float = 0.1
    longest_overshoot_last: float = 0.12


class _Hooks(NamedTuple):
    """Hooks that are left out, or lengthened and turned."""

    omitted_share: float = 0.15  # of hooks
    careless_share: float = 0.25  # of characters
    careless_omitted_share: float = 0.8  # of hooks of these
    lengthened_share: float = 0.12  # of hooks
    length_min: float = 1.2  # factor for the hook's length
    length_span: float = 2.0
    turn_sd: float = 0.35  # radians


class _Angles(NamedTuple):
    """Curves that are drawn as straight lines."""

    share: float = 0.2  # of characters
    lines_count_min: int = 2  # of a stroke
    lines_count_end: int = 5
    turn_per_line: float = 0.8  # radians of total turn that add one line: そ in two lines would be another class
    strokes: float = 0.6  # factor for the transforms of `STROKES` there


class _Rounding(NamedTuple):
    """Corners that are rounded by a binomial filter over a stroke's points."""

    share: float = 0.5  # of characters
    passes_count_min: int = 1
    passes_count_end: int = 4


class _Tremor(NamedTuple):
    """A random walk with decay that is added to a stroke's points."""

    share: float = 0.4  # of characters
    step_sd: float = 0.006  # box sides; times |N(0, 1)|, drawn once a character
    persistence: float = 0.6  # share of the deviation that is left at the next point


class _Forgetting(NamedTuple):
    """A short stroke that is omitted. Lengths: `STROKES.short`."""

    share: float = 0.03  # of characters with a candidate
    fewest_strokes: int = 8  # a character of fewer strokes is often another one without one of them


class _Joins(NamedTuple):
    """Consecutive strokes that are drawn as one, with the probability p · (1 - gap / longest_gap)."""

    share: float = 0.5  # of characters
    largest_share: float = 0.6  # p is drawn once a character, uniformly from 0
    few_strokes: int = 4  # characters of at most as many, most hiragana among them, are joined most
    few_strokes_largest_share: float = 0.9
    longest_gap: float = 0.45  # box sides
    any_gap_share: float = 0.05  # of characters: one random pair is joined over any distance


class _Bending(NamedTuple):
    """Two smooth random displacement fields over the box: a normal vector at each node of a square grid."""

    coarse_nodes: int = 3  # along each axis
    coarse_sd: float = 0.032  # box sides
    fine_nodes: int = 6
    fine_sd: float = 0.014


class _Slant(NamedTuple):
    """An affine transform of the whole character, and for some characters a stronger one: turned page, italics."""

    turn_sd: float = 0.08  # radians
    shear_sd: float = 0.12  # x per y
    stretch_sd: float = 0.08  # of x; y is divided by it
    turned_share: float = 0.15  # of characters, each of the strong transforms by itself
    other_divisor: float = 1.5  # strong shears, and strong stretches, have the share turned_share / other_divisor
    largest_turn: float = 0.37  # radians, uniform to both sides
    largest_shear: float = 0.37  # x per y
    largest_stretch: float = 0.25  # natural logarithm


class _Pens(NamedTuple):
    """Radii of the pen: one a character, drawn uniformly, and changed along strokes. In pixels of REFERENCE_SIDE."""

    common_share: float = 0.9  # of characters; the rest are drawn with felt tips and brushes
    widest: float = 2.4  # largest radius, before the strokes are counted
    narrower: float = 0.06  # less of it for each stroke
    felt_tip_widest: float = 4.2
    felt_tip_narrower: float = 0.13
    most_strokes: int = 15  # more do not make the pen narrower
    usual_finest_share: float = 0.9  # of characters; the rest have the smallest radius `finest`
    usual_finest: float = 0.6  # smallest radius
    finest: float = 0.3
    pressed_share: float = 0.4  # of characters; the only amount that the effect scales
    first_sd: float = 0.25  # of the logarithm of a stroke's first radius over the pen's
    last_mean: float = -0.1  # of the logarithm of its last radius over the pen's
    last_sd: float = 0.3


class _Placement(NamedTuple):
    """The character's place in the image, which no effect scales. Lengths are shares of the image's side."""

    usual_share: float = 0.9  # of characters
    margin_min: float = 0.02  # free on each side of the ink's longer extent
    small_margin_min: float = 0.12  # of the other characters
    margin_span: float = 0.1
    shifted_share: float = 0.4  # of characters
    shift_sd: float = 0.015  # along x; along y it is multiplied with another normal number


class _Camera(NamedTuple):
    """Faults of cameras and scanners. Grey levels are coverage in [0, 1], where 1 is ink."""

    share: float = 0.45  # of images that are photographed at all
    blurred_share: float = 0.6  # of photographed images, as all shares below
    more_blurred_share: float = 0.5  # of blurred images of at least more_blurred_side
    more_blurred_side: int = 48  # pixels
    passes_count_end: int = 5  # further passes of the filter, from 0
    gain_min: float = 0.9  # factor for the coverage, before it is limited to 1
    gain_span: float = 0.7
    gamma_min: float = 0.6  # exponent of the coverage
    gamma_span: float = 0.9
    grain_share: float = 0.5
    largest_grain_sd: float = 0.1
    patchy_share: float = 0.2  # pale patches: a random walk with decay along rows
    largest_patch_sd: float = 0.3
    patch_persistence: float = 0.7  # share that is left at the next pixel
    largest_fading: float = 0.85  # of a pixel's coverage
    threshold_share: float = 0.25  # two levels only
    threshold_min: float = 0.3  # share of the darkest pixel's coverage
    threshold_span: float = 0.35
    highest_threshold: float = 0.65
    darkest_min: float = 0.7  # coverage of the darkest pixel at the end
    darkest_span: float = 0.3
    faintest: float = 0.1  # a darkest pixel below this counts as this, so that noise is not raised to ink
    specks_share: float = 0.2
    specks_count_min: int = 1  # pixels
    specks_count_end: int = 6
    speck_min: float = 0.3
    speck_span: float = 0.7
    cell_line_share: float = 0.05  # part of the line of a form's cell
    cell_line_across_share: float = 0.5  # of these lines; the rest are vertical
    cell_line_first_side_share: float = 0.5  # at the top or left; the rest are at the bottom or right
    cell_line_rows: int = 3  # of pixels, counted from the edge, that it may lie in
    cell_line_min: float = 0.4
    cell_line_span: float = 0.6


HAND = _Hand()
PROPORTIONS = _Proportions()
STROKES = _Strokes()
ENDS = _Ends()
HOOKS = _Hooks()
ANGLES = _Angles()
ROUNDING = _Rounding()
TREMOR = _Tremor()
FORGETTING = _Forgetting()
JOINS = _Joins()
BENDING = _Bending()
SLANT = _Slant()
PENS = _Pens()
PLACEMENT = _Placement()
CAMERA = _Camera()
TABLES = ("HAND", *(name.upper() for name in EFFECTS), "PLACEMENT")


def digest() -> str:
    """Return `sha256:` and the hex SHA-256 of the names and values of all tables: the same on every machine."""
    tables = {name: globals()[name]._asdict() for name in TABLES} | {"REFERENCE_SIDE": REFERENCE_SIDE}
    return "sha256:" + hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()
