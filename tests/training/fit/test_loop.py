"""One epoch by hand: the averaged weights, the clipped gradient, and the figures of an epoch."""

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from training.fit.loop import Trainer, average_weights, train_epoch
from training.fit.setup import mixed_precision

SIDE, CLASSES = 4, 3


def linear():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, CLASSES))


def batch(count):
    return torch.randint(256, (count, SIDE, SIDE), dtype=torch.uint8), torch.arange(count) % CLASSES


def trained(batches, loss_of, rates, clip_norm=1e9):
    """Return the result of an epoch with plain gradient descent, and the network after it."""
    network = linear()
    # accelerate has one number format in a process: that of the runs of other tests.
    accelerator = Accelerator(cpu=True, mixed_precision=mixed_precision("cpu"))
    trainer = Trainer(accelerator, network, linear(), torch.optim.SGD(network.parameters(), 1.0), clip_norm)
    return train_epoch(trainer, batches, rates, [0.9] * len(rates), loss_of), network


def test_the_average_keeps_the_share_of_the_decay():
    average, network = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(average.weight, 1)
    nn.init.constant_(network.weight, 2)
    network.num_batches_tracked += 7
    average_weights(average, network, 0.75)
    assert average.weight.tolist() == [1.25, 1.25]
    assert average.num_batches_tracked == 7


def test_the_loss_of_an_epoch_is_the_mean_over_its_images():
    losses = iter([1.0, 4.0])
    result, _ = trained([batch(6), batch(3)], lambda x, logits, labels: logits.sum() * 0 + next(losses), [0.0, 0.0])
    assert result.loss == pytest.approx((6 * 1 + 3 * 4) / 9)


@pytest.mark.parametrize("clip_norm", [1e9, 3.0])
def test_a_step_is_the_gradient_clipped_to_the_norm(clip_norm):
    """The loss is linear, so the second step repeats the first: gradients are not summed over steps."""
    pixels, labels = batch(3)
    x = pixels[0].flatten().float() * 2 / 255 - 1
    gradient = 12 * (1 + x.square().sum()).sqrt()  # of the bias and of the weights of class 0
    _, network = trained([(pixels, labels)] * 2, lambda x, logits, labels: 12 * logits[0, 0], [1.0, 1.0], clip_norm)
    with torch.no_grad():
        moved = [after - before for after, before in zip(network.parameters(), linear().parameters(), strict=True)]
    length = torch.cat([part.flatten() for part in moved]).norm()
    torch.testing.assert_close(length, 2 * gradient.clamp(max=clip_norm), rtol=1e-2, atol=0)  # bfloat16 on some CPUs
