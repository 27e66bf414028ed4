"""The help of every task: all flags are explained, defaults are the real ones, and -h is help."""

import importlib.util
import re
from pathlib import Path

import pytest
from invoke.program import Program

from training.data.options import FLAGS
from training.fit.config import SETTINGS
from training.fit.settings import flag, plain


def load_tasks():
    """Return tasks.py as a module of its own: invoke takes the help out of a task when it lists its flags."""
    spec = importlib.util.spec_from_file_location("tasks_with_help", Path(__file__).parent.parent / "tasks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tasks = load_tasks()
# Defaults of flags that a task's signature leaves None, by task and flag.
DEFAULTS = {
    "train": {flag(name)[2:]: plain(row.default) for name, row in SETTINGS.items()},
    "ablate": {flag(name)[2:]: plain(SETTINGS[name].default) for name in tasks.ABLATED}
    | {flag(name)[2:]: value for name, value in tasks.ABLATION.items()},
    "data": {name: row.default for name, row in FLAGS.items()},
    "export": {"backend": tasks.BACKEND, "precision": tasks.PRECISIONS, "model": tasks.MODEL},
    "site": {"model": tasks.MODEL},
    "compat": {"model": tasks.MODEL},
}
ABSENT = (None, False, "")
FLAGS_OF_TASKS = [(name, argument) for name, task in tasks.ns.tasks.items() for argument in task.get_arguments()]
each_flag = pytest.mark.parametrize(
    ("task", "argument"), FLAGS_OF_TASKS, ids=[f"{task} {argument.names[0]}" for task, argument in FLAGS_OF_TASKS]
)


@each_flag
def test_every_flag_has_one_long_name_and_a_sentence_of_help(task, argument):
    (name,) = argument.names
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert re.match(r"[A-Z].+[.\]]$", argument.help)


@each_flag
def test_help_shows_the_default_of_a_flag(task, argument):
    default = argument.default or DEFAULTS.get(task, {}).get(argument.names[0], argument.default)
    stated = re.search(r"default: ([^\]]+)\]$", argument.help)
    if any(default is absent for absent in ABSENT) or default == []:
        assert not stated or not re.match(r"\d", stated[1])
    else:
        assert stated
        assert stated[1] == str(default)


def test_the_folder_of_files_is_named_with_from():
    assert "from" in [argument.names[0] for task, argument in FLAGS_OF_TASKS if task == "data"]


@pytest.mark.parametrize("command", ["train -h", "train --help", "-h train", "--help train"])
def test_h_is_help_for_a_task(command, capsys):
    Program(namespace=load_tasks().ns).run(f"invoke {command}", exit=False)
    printed = capsys.readouterr().out
    assert printed.startswith("Usage: ")
    assert "--teacher=STRING" in printed
    assert "Model directory to write. [default:" in " ".join(printed.split())
    assert "--=" not in printed


def test_h_is_help_for_a_task_with_a_positional_argument(root, capfd, monkeypatch):
    monkeypatch.chdir(root)
    Program(namespace=load_tasks().ns).run("invoke read -h", exit=False)
    assert "--top-k=INT" in capfd.readouterr().out


def test_every_training_setting_is_a_flag_with_its_help():
    flags = {name: argument for task, argument in FLAGS_OF_TASKS if task == "train" for name in argument.names}
    for name, row in SETTINGS.items():
        assert flags[flag(name)[2:]].help.startswith(row.setting.help)
