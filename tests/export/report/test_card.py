"""The model card: data and licence, the commands that made the model, and the sum of its runs' emissions."""

import pytest

from export.report.card import emitted_grams, make_card
from kakitori.charset import get_charset
from kakitori.spec import ModelSpec, write_spec

KANJIVG = {"source": "KanjiVG", "url": "https://a.org", "licence": "CC BY-SA 3.0", "attribution": "Ink."}
GLYPHS = {"source": "fonts", "url": "https://b.org", "licence": "OFL", "attribution": "Glyphs."}


@pytest.fixture
def card_of(tmp_path):
    """Return a function that makes the card of a model trained on a data set with this licence."""

    def make(dataset, data, **facts):
        charset = get_charset("digits")
        spec = ModelSpec("resnet", (4, 8), "adaptive_avg", "digits", len(charset), charset.digest,
                         training={"dataset": dataset, **facts}, data=data)  # fmt: skip
        write_spec(spec, tmp_path)
        return make_card(tmp_path)

    return make


def test_ink_has_the_licence_of_kanjivg(card_of):
    card = card_of("ink", (KANJIVG,))
    assert "license: cc-by-sa-3.0" in card
    assert "under the same licence, CC BY-SA 3.0. No real handwriting" in card
    assert "lyphs" not in card


def test_ink_and_fonts_name_both_and_leave_the_weights_under_kanjivgs(card_of):
    card = card_of("ink+fonts", (KANJIVG, GLYPHS))
    assert "license: cc-by-sa-3.0" in card
    assert "Ink.; Glyphs.\n<https://a.org> <https://b.org>" in card
    assert "CC BY-SA 3.0 (condition 5 of the SIL\nOpen Font License" in card
    assert "No real handwriting" in card


@pytest.mark.parametrize("dataset", ["ink+etl9g", "fonts", "ink+fonts+etl9g"])
def test_no_other_mixture_is_said_to_be_without_handwriting(card_of, dataset):
    card = card_of(dataset, (KANJIVG, GLYPHS))
    assert "license: other" in card
    assert "No real handwriting" not in card


def test_without_a_recipe_the_card_has_the_command_of_each_run(card_of):
    card = card_of("ink", (KANJIVG,), epochs=3, base={"dataset": "ink", "epochs": 60})
    assert "    invoke train --fresh --epochs 60\n" in card
    assert "    invoke train --fresh --epochs 3\n" in card
    assert "--recipe" not in card


def test_with_a_recipe_the_card_has_its_command_and_the_settings_of_each_stage(card_of, tmp_path):
    (tmp_path / "recipe.toml").write_text("", encoding="utf-8")
    base = {"dataset": "ink", "epochs": 60}
    card = card_of("ink", (KANJIVG,), epochs=3, start_from="runs/elsewhere", seed=2, base=base)
    name = f"models/{tmp_path.name}"
    assert f"\n    invoke train --recipe {name}/recipe.toml --model runs/again\n" in card
    assert "\n**Stage 1**: `epochs = 60`\n" in card
    assert "\n**Stage 2**: `epochs = 3`, `seed = 2`\n" in card
    assert "--fresh" not in card
    assert "runs/elsewhere" not in card


def test_the_grams_of_all_runs_are_added():
    assert emitted_grams([{"emissions_kg": 0.2}, {"emissions_kg": 0.0505}]) == 250.5


def test_the_grams_of_a_teacher_count():
    assert emitted_grams([{"emissions_kg": 0.2, "teacher_runs": [{"emissions_kg": 0.3}]}]) == 500


def test_a_run_without_a_record_leaves_the_sum_unknown():
    assert emitted_grams([{}, {"emissions_kg": 0.05}]) is None
