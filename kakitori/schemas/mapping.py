"""mapping.json: class index to character and to JIS X 0208 code, for programs without this project's charsets."""

from typing import Annotated

import msgspec
from msgspec import Meta

from kakitori.schemas.config import MOST_CLASSES, ClassCount, ClassName, Name, Text
from kakitori.schemas.manifest import Percent

Index = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,5})\Z")]
JisCode = Annotated[str, Meta(pattern=r"^[0-9A-F]{4}\Z")]
Homoglyph = Annotated[str, Meta(min_length=1, max_length=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Table = Meta(max_length=MOST_CLASSES)


class HomoglyphPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ranges of size and middle, in shares of the pad's sides; see `kakitori.homoglyphs.Place`."""

    size: tuple[Share, Share]
    middle: tuple[Share, Share]


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data set of training, and the trained network's top-1 percentage by evaluation set."""

    dataset: Text | None
    accuracy: dict[str, Percent]


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The classes by their index, "0" to num_classes - 1 in order; a class without JIS code has null.

    Classes that are several homoglyphs are in `class_to_homoglyphs`, the class's own character first;
    `homoglyph_to_jis` has the codes of all these characters; `homoglyph_to_place` the size and height on a pad that
    decide between them, for those that have one.
    """

    charset: Name
    num_classes: ClassCount
    digest: str
    model_digest: str
    class_to_jis: Annotated[dict[Index, JisCode | None], Table]
    class_to_char: Annotated[dict[Index, ClassName], Table]
    class_to_homoglyphs: Annotated[dict[Index, list[Homoglyph]], Table] = {}
    homoglyph_to_jis: Annotated[dict[Homoglyph, JisCode | None], Table] = {}
    homoglyph_to_place: Annotated[dict[Homoglyph, HomoglyphPlace], Table] = {}
    model_info: ModelInfo
