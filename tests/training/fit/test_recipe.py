"""Recipes: settings of several runs in a file, checked, run in order, and resumed."""

import json
import shutil
from pathlib import Path

import pytest

import training.fit.train
from kakitori.errors import KakitoriError, ModelError
from kakitori.spec import read_spec
from training.fit.chain import runs_to_do
from training.fit.checkpoints import checkpoints, load_state
from training.fit.config import DETERMINING
from training.fit.recipe import read_recipe
from training.fit.train import train_stages

TINY = 'widths = "4,4,4,4"\nclass_limit = 4\nsample_limit = 16\nbatch_size = 8\nepochs = 1\nsize = 32\n'
TWO_STAGES = f'[[stage]]\nname = "base"\n{TINY}\n[[stage]]\nname = "tuned"\nstart_from = "base"\nseed = 2\n{TINY}'
FLAGS = {"device": "cpu", "workers": "0"}
pytestmark = pytest.mark.usefixtures("tiny_run")


@pytest.fixture
def recipe(tmp_path):
    def write(text):
        path = tmp_path / "tiny" / "recipe.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def stages(recipe, tmp_path):
    def read(text=TWO_STAGES, **flags):
        return read_recipe(recipe(text), FLAGS | {"model": str(tmp_path / "model")} | flags)

    return read


def quietly(stages):
    lines = []
    return train_stages(stages, lines.append), lines


def nested_runs(facts):
    return [*(nested_runs(facts["base"]) if facts["base"] else []), facts]


@pytest.mark.parametrize("model", ["kanji", "kanji-wide"])
def test_a_shipped_recipe_has_the_settings_that_made_the_model(root, model):
    path = root / "models" / model / "recipe.toml"
    stages = read_recipe(path, {})
    runs = nested_runs(json.loads(path.with_name("config.json").read_text(encoding="utf-8"))["training"])
    for stage, facts in zip(stages, runs, strict=True):
        settings = facts.keys() & set(DETERMINING) - {"start_from"}
        assert settings >= {"epochs", "learning_rate", "seed", "mix", "patience", "weight_decay"}
        assert {name: stage.facts[name] for name in settings} == {name: facts[name] for name in settings}
    assert [stage.start_from for stage in stages] == [None, *(stage.model for stage in stages[:-1])]
    assert stages[-1].model == Path("models") / model


def test_stages_have_folders_of_their_own_and_the_last_one_is_the_model(stages, tmp_path):
    base, tuned = stages()
    assert (base.model, tuned.model) == (tmp_path / "model/stages/base", tmp_path / "model")
    assert (tuned.start_from, tuned.seed, base.device) == (base.model, 2, "cpu")


def test_the_model_directory_is_named_after_the_folder_of_the_recipe(recipe):
    assert read_recipe(recipe(TWO_STAGES), {})[-1].model == Path("models/tiny")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[stage]", "is not valid TOML"),
        ("", "has no stages"),
        ('stage = "base"', "has no stages"),
        ('seed = 1\n[[stage]]\nname = "a"', "unknown key 'seed': expected"),
        ("[[stage]]\nepochs = 3", "stage 1: name None is not a word"),
        ('[[stage]]\nname = "../a"', "stage 1: name '../a' is not a word"),
        ('[[stage]]\nname = "a"\n[[stage]]\nname = "a"', "stage 2: name 'a' is used twice"),
        ('[[stage]]\nname = "a"\nepoch = 3', "stage 'a': unknown key 'epoch': choose one of name, arch"),
        ('[[stage]]\nname = "a"\ndevice = "cpu"', "stage 'a': unknown key 'device'"),
        ('[[stage]]\nname = "a"\nepochs = "3"', "stage 'a': epochs '3' is not a whole number"),
        ('[[stage]]\nname = "a"\nepochs = 0', "stage 'a': epochs 0 must be above 0"),
        ('[[stage]]\nname = "a"\nteacher_weight = 0.5', "stage 'a': teacher_weight needs --teacher"),
        ('[[stage]]\nname = "a"\nstart_from = "b"', r"stage 'a': start_from 'b' is neither an earlier .*there is none"),
        ('[[stage]]\nname = "a"\n[[stage]]\nname = "b"\nteacher = "b"', r"'b' is neither an earlier stage \(a\) nor"),
        ('[[stage]]\nname = "a"\nstart_from = 3', "stage 'a': start_from 3 is not a path"),
        ('[[stage]]\nname = "a"\nwidths = "1,2"', "stage 'a': --widths 1,2: 'compact' takes 4 numbers"),
    ],
)
def test_mistakes_name_file_stage_and_key(text, message, stages):
    with pytest.raises(KakitoriError, match=f"recipe.toml.*{message}"):
        stages(text)


def test_a_switch_may_be_off(stages):
    assert not stages('[[stage]]\nname = "a"\nqat = false')[0].qat


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(KakitoriError, match=r"--recipe .*no.toml cannot be read: No such file"):
        read_recipe(tmp_path / "no.toml", {})


def test_flags_that_change_the_result_are_refused(stages):
    with pytest.raises(KakitoriError, match=r"--recipe: --learning-rate, --qat would contradict .*recipe.toml"):
        stages(learning_rate="0.1", qat=True)


def test_a_wrong_flag_beside_a_recipe_is_refused(stages):
    with pytest.raises(KakitoriError, match=r"^--workers 'x' is not a whole number"):
        stages(workers="x")


def test_stages_are_trained_in_order_and_skipped_when_finished(stages, tmp_path):
    spec, lines = quietly(stages())
    assert lines[0] == f"Training {tmp_path / 'model/stages/base'}."
    assert spec.training["base"]["seed"] == 1
    assert (spec.training["start_from"], spec.training["seed"]) == ((tmp_path / "model/stages/base").as_posix(), 2)
    again, lines = quietly(stages())
    assert again == spec
    assert lines == [f"{stage.model} is finished." for stage in stages()]


def test_an_interrupted_recipe_continues_with_the_first_stage_that_is_not_finished(stages, monkeypatch):
    with pytest.raises(ModelError, match="--resume: there is no checkpoint"):
        quietly(stages(resume=True))
    record = training.fit.train.record

    def interrupt(run, state):
        record(run, state)
        if run.config.seed == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training.fit.train, "record", interrupt)
        with pytest.raises(KeyboardInterrupt):
            quietly(stages())
    base, tuned = stages(resume=True)
    _, lines = quietly([base, tuned])
    assert f"{base.model} is finished." in lines
    assert any(line.startswith(f"Continuing after epoch 1 ({tuned.model}") for line in lines)


def test_a_stage_starts_over_when_the_one_it_starts_from_was_trained_again(stages):
    quietly(stages())
    longer = TWO_STAGES.replace("epochs = 1", "epochs = 2", 1)
    base, tuned = runs_to_do(stages(longer))
    assert (base.fresh, tuned.fresh) == (False, True)
    quietly(stages(longer)[:1])  # as if interrupted between the stages
    (tuned,) = runs_to_do(stages(longer))
    assert tuned.fresh
    spec, _ = quietly(stages(longer))
    assert spec.training["base"] == read_spec(stages(longer)[0].model).training
    assert load_state(checkpoints(tuned.model)[-1]).extended_after == 0


def test_a_mistake_in_a_run_names_its_stage(stages):
    quietly(stages(TWO_STAGES.replace("epochs = 1", "epochs = 2", 1))[:1])
    with pytest.raises(ModelError, match=r"recipe.toml: stage 'base': --epochs 1: .* a run of 2 epochs"):
        quietly(stages())


def test_fresh_trains_all_stages_again(stages):
    assert [run.fresh for run in runs_to_do(stages(fresh=True))] == [True, True]


def test_a_damaged_stage_is_trained_again(stages):
    quietly(stages())
    shutil.rmtree(stages()[0].model)
    assert len(runs_to_do(stages())) == 2
