from dataclasses import replace

import numpy as np
import pytest
import torch

import training.fit.outlier_exposure
from training.compress.distillation import label_loss
from training.fit.batches import BatchDataset
from training.fit.outlier_exposure import HELD_OUT_KINDS, WEIGHT, OutlierSource, outlier_exposure_loss, uniform_loss
from training.fit.train import train
from training.ink.out_of_distribution import outlier_makers


@pytest.fixture(scope="module", autouse=True)
def _few_drawings():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.fit.outlier_exposure, "DRAWINGS", 10)
        yield


@pytest.fixture(scope="module")
def beside(small_charset) -> OutlierSource:
    return OutlierSource(small_charset, 0.25)


def test_outliers_are_appended_to_a_batch_by_their_share(beside, source):
    batches = BatchDataset(source, np.arange(64), 32, 32, (0, 1, 1), beside)
    images, labels = batches[0]
    assert (len(images), len(labels)) == (32 + 8, 32)
    assert images.dtype == torch.uint8
    assert torch.equal(images, batches[0][0])
    assert not torch.equal(images[32:], batches[1][0][32:])


def test_labelled_images_are_those_of_a_run_without_outliers(beside, source):
    labels = np.arange(32)
    with_them, alone = (BatchDataset(source, labels, 32, 32, (0, 1, 1), other)[0][0] for other in (beside, None))
    assert torch.equal(with_them[:32], alone)


def test_kinds_that_are_only_measured_exist(small_charset):
    assert set(HELD_OUT_KINDS) <= set(outlier_makers(small_charset))


def test_the_loss_of_outliers_is_0_where_all_classes_are_equally_likely():
    assert uniform_loss(torch.full((3, 10), 7.0)) == pytest.approx(0, abs=1e-6)
    assert uniform_loss(torch.eye(10)) > 0


def test_the_loss_of_outliers_is_added_to_that_of_labelled_images():
    logits, labels = torch.randn(5, 10), torch.tensor([1, 2, 3])
    labelled = label_loss(0.05)
    of_classes = labelled(logits[:3], logits[:3], labels)
    assert outlier_exposure_loss(labelled)(logits, logits, labels) == of_classes + WEIGHT * uniform_loss(logits[3:])
    assert outlier_exposure_loss(labelled)(logits[:3], logits[:3], labels) == of_classes


def test_a_run_trains_with_outliers(tiny_run, tmp_path):
    config = replace(tiny_run, model=tmp_path, class_limit=16, epochs=1, outlier_exposure=0.5)
    spec = train(config, report=lambda line: None)
    assert spec.training["outlier_exposure"] == 0.5
    assert spec.training["images_seen"] == 16
    assert 0 < spec.confidence.threshold < 1
