"""Distillation: the loss by its definition, and the teachers that are accepted."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from export.report.card import training_runs
from kakitori.charset import get_charset
from kakitori.errors import ModelError
from kakitori.spec import ModelSpec
from training.compress.distillation import Teacher, distillation_loss, label_loss, open_teacher, teacher_loss
from training.fit.loop import predict
from training.fit.setup import choose_loss, set_up
from training.fit.train import train
from training.models.registry import build_network
from training.models.weights import save_network

WIDTHS = (4, 4, 6, 8)


def spec_of(classes, size=32):
    charset = get_charset("etl9g", classes)
    return ModelSpec("resnet", WIDTHS, "adaptive_avg", "etl9g", classes, charset.digest, size)


@pytest.fixture
def teacher_dir(tmp_path):
    """A model of 20 classes and 32 px with fresh weights."""
    torch.manual_seed(1)
    spec = replace(spec_of(20), training={"epochs": 9, "parameters": 1000, "val_top1_percent": 5.0})
    save_network(spec, build_network(spec), tmp_path / "teacher")
    return tmp_path / "teacher"


@pytest.fixture
def config(tiny_run, tmp_path, teacher_dir):
    return replace(tiny_run, model=tmp_path / "student", class_limit=16, epochs=2, teacher=teacher_dir)


def test_the_loss_is_the_divergence_of_the_softened_probabilities():
    torch.manual_seed(1)
    ours, theirs, temperature = torch.randn(5, 7), torch.randn(5, 7), 3.0
    p, q = (theirs / temperature).softmax(1), (ours / temperature).softmax(1)
    expected = temperature**2 * (p * (p / q).log()).sum(1).mean()
    torch.testing.assert_close(distillation_loss(ours, theirs, temperature), expected)


def test_equal_logits_give_no_loss():
    logits = torch.randn(5, 7)
    assert distillation_loss(logits, logits.clone(), 2.0).abs() < 1e-6


def test_the_weight_shares_the_loss_between_labels_and_teacher():
    x, logits, labels = torch.randn(3, 4), torch.randn(3, 4), torch.tensor([0, 1, 2])
    teacher = Teacher(nn.Identity(), 4, torch.arange(4))
    labelled = label_loss(0.05)
    expected = 0.75 * labelled(x, logits, labels) + 0.25 * distillation_loss(logits, x, 2.0)
    torch.testing.assert_close(teacher_loss(labelled, teacher, 0.25, 2.0)(x, logits, labels), expected)


def test_classes_are_matched_by_their_characters(tmp_path, teacher_dir):
    """The classes of the student have another order than the teacher's."""
    theirs = get_charset("etl9g", 20).characters
    own = tuple(reversed(theirs[3:9]))
    student = replace(spec_of(2), charset="own", num_classes=6, characters=own, digest="")
    student = replace(student, digest=type(get_charset("etl9g", 2))("own", own).digest)
    teacher = open_teacher(teacher_dir, student, torch.device("cpu"))
    images = torch.randint(256, (4, 32, 32), dtype=torch.uint8)
    full = torch.from_numpy(predict(teacher.network, images))
    x = images.unsqueeze(1).float() * 2 / 255 - 1
    torch.testing.assert_close(teacher.logits(x), full[:, [8, 7, 6, 5, 4, 3]], atol=1e-5, rtol=1e-5)


def test_a_teacher_without_all_classes_is_refused(teacher_dir):
    with pytest.raises(ModelError, match=r"its charset 'etl9g' lacks 2 of this run's 22 classes \(ず, せ\)"):
        open_teacher(teacher_dir, spec_of(22), torch.device("cpu"))


def test_a_teacher_of_another_size_is_refused(teacher_dir):
    with pytest.raises(ModelError, match=r"reads images of 32 px, and this run ends with 64 px: .* --size 32"):
        open_teacher(teacher_dir, spec_of(20, size=64), torch.device("cpu"))


def test_the_teacher_takes_part_only_in_epochs_of_its_own_side(config):
    run = set_up(config, report=lambda line: None)
    run.teacher.network.forward = lambda x: 1 / 0
    x, logits, labels = torch.zeros(2, 1, 32, 32), torch.zeros(2, 16), torch.tensor([0, 1])
    choose_loss(run, 16)(x, logits, labels)
    with pytest.raises(ZeroDivisionError):
        choose_loss(run, 32)(x, logits, labels)


def test_the_facts_of_a_distilled_model_include_its_teacher(config):
    spec = train(config, report=lambda line: None)
    (run,) = training_runs(spec.training)
    assert f"--teacher {config.teacher.as_posix()} --teacher-weight 0.5 --teacher-temperature 2.0" in run["command"]
    assert run["teacher_runs"][0]["command"] == "invoke train --fresh --epochs 9"


def test_a_student_moves_towards_its_teacher(config):
    """With a teacher's weight of 1, the loss falls."""
    lessons = replace(config, teacher_weight=1.0, teacher_temperature=1.0, sample_limit=160, learning_rate=0.02)
    train(lessons, report=lambda line: None)
    rows = (config.model / "training_log.csv").read_text(encoding="utf-8").splitlines()
    losses = [float(row.split(",")[4]) for row in rows[1:]]
    assert losses[1] < losses[0] / 2
