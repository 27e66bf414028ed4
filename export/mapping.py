"""mapping.json of a charset: built from its tables, checked by an independent codec, written."""

from pathlib import Path

from kakitori.charset import jis_code
from kakitori.errors import ModelError
from kakitori.homoglyphs import PLACES
from kakitori.mapping_check import check_mapping
from kakitori.schemas.mapping import HomoglyphPlace, Mapping, ModelInfo
from kakitori.schemas.reader import write_document
from kakitori.spec import MAPPING_FILE, ModelSpec, model_digest


def build_mapping(spec: ModelSpec, accuracy: dict[str, float]) -> Mapping:
    """Return the content of mapping.json.

    Args:
        spec: of the trained model.
        accuracy: top-1 percentage of the trained network, by evaluation set.

    Raises:
        ModelError: if the spec's charset is not the one that the weights were trained with.
    """
    charset = spec.get_charset()
    indices = range(len(charset))
    groups = {str(i): list(charset.homoglyphs(i)) for i in indices if len(charset.homoglyphs(i)) > 1}
    characters = [character for group in groups.values() for character in group]
    return Mapping(
        charset=charset.name,
        num_classes=len(charset),
        digest=charset.digest,
        model_digest=model_digest(spec),
        class_to_jis={str(i): charset.jis(i) for i in indices},
        class_to_char={str(i): charset.characters[i] for i in indices},
        class_to_homoglyphs=groups,
        homoglyph_to_jis={character: jis_code(character) for character in characters},
        homoglyph_to_place={
            c: HomoglyphPlace(size=PLACES[c].size, middle=PLACES[c].middle) for c in characters if c in PLACES
        },
        model_info=ModelInfo(dataset=spec.training.get("dataset"), accuracy=accuracy),
    )


def write_mapping(mapping: Mapping, spec: ModelSpec, model_dir: Path) -> None:
    """Check the mapping and write mapping.json.

    Raises:
        ModelError: as `check_mapping`, or if a field is wrong; nothing is written then.
    """
    check_mapping(mapping, spec.get_charset())
    write_document(model_dir / MAPPING_FILE, mapping, error=ModelError)
