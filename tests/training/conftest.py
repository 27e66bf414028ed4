import pytest
import torch

from training.fit.config import TrainConfig
from training.ink.source import InkSource


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Compute with one thread: small networks run slower with several, above all on busy processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def source(small_charset) -> InkSource:
    """The ink source of 100 classes."""
    return InkSource(small_charset)


@pytest.fixture(scope="module")
def tiny_run():
    """The settings of a training run of a fraction of a second: six steps, a network of 1,000 parameters.

    Until the module's last test, runs validate on 32 images and draw no curves.
    """
    import training.fit.history
    import training.fit.train

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.fit.train, "VALIDATION_IMAGES", 32)
        patch.setattr(training.fit.history, "plot_curves", lambda curves, path: None)
        yield TrainConfig(
            widths=(4, 4, 4, 4), class_limit=4, sample_limit=16, batch_size=8, epochs=3, size=32, workers=0,
            device="cpu", warmup_steps=2,
        )  # fmt: skip
