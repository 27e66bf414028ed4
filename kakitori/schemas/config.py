"""Types of the values in config.json: bounds, lengths and patterns. `kakitori.spec` puts them together."""

import sys
from typing import Annotated, TypedDict

from msgspec import Meta

SIZES = (32, 48, 64, 96, 128)  # input sides, in pixels
MOST_CLASSES = 100_000
# Line ends, tabs and other control characters: they would break the lines that the digests are made of.
NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z"

ClassCount = Annotated[int, Meta(ge=2, le=MOST_CLASSES)]
ClassName = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]
ClassNames = Annotated[tuple[ClassName, ...], Meta(min_length=2, max_length=MOST_CLASSES)]
Name = Annotated[str, Meta(min_length=1, max_length=1000, pattern=NO_CONTROLS)]
Width = Annotated[int, Meta(ge=1, le=4096)]
Widths = Annotated[tuple[Width, ...], Meta(min_length=1, max_length=16)]
Rank = Annotated[int, Meta(ge=1, le=4096)]
Margin = Annotated[float, Meta(ge=0, lt=0.5)]  # share of the side
Radius = Annotated[float, Meta(gt=0, le=SIZES[-1])]  # pixels
Temperature = Annotated[float, Meta(gt=0, le=sys.float_info.max)]  # finite
Threshold = Annotated[float, Meta(ge=0, lt=1)]
Count = Annotated[int, Meta(ge=0)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Text = Annotated[str, Meta(max_length=100_000)]
# Empty for data without an address, such as the user's own pictures.
Url = Annotated[str, Meta(max_length=2000, pattern=r"^(https?://[^\s\"'<>\\]+)?\Z")]


class Licence(TypedDict):
    """Whose data a model was trained on, and under what terms."""

    source: Text
    url: Url
    licence: Text
    attribution: Text
