import pytest
import torch

from training.fit import processors
from training.fit.config import TrainConfig
from training.fit.processors import count_threads, count_workers, physical_cores, torch_threads


@pytest.fixture
def four_processors(monkeypatch):
    monkeypatch.setattr(processors, "usable_processors", lambda: {0, 1, 2, 3})


def write_topology(folder, siblings):
    for number, text in enumerate(siblings):
        path = folder / f"cpu{number}" / "topology" / "thread_siblings_list"
        path.parent.mkdir(parents=True)
        path.write_text(f"{text}\n")


@pytest.mark.usefixtures("four_processors")
def test_logical_processors_of_one_core_count_once(tmp_path):
    write_topology(tmp_path, ["0,2", "1,3", "0,2", "1,3"])
    assert physical_cores(tmp_path) == 2


@pytest.mark.usefixtures("four_processors")
def test_every_processor_is_a_core_where_the_machine_does_not_say(tmp_path):
    assert physical_cores(tmp_path) == 4


@pytest.mark.parametrize(
    ("cores", "workers", "processes", "threads"),
    [(8, 0, 1, 8), (8, 3, 1, 5), (8, 8, 1, 1), (8, 2, 2, 2), (64, 8, 1, 8)],
)
def test_torch_gets_the_cores_that_workers_leave(cores, workers, processes, threads, monkeypatch):
    monkeypatch.setattr(processors, "physical_cores", lambda: cores)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)  # as OMP_NUM_THREADS=8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert count_threads(TrainConfig(workers=workers)) == threads
    assert count_threads(TrainConfig(workers=workers, threads=3)) == 3


@pytest.mark.usefixtures("four_processors")
def test_half_the_processors_draw_images():
    assert count_workers(TrainConfig()) == 2
    assert count_workers(TrainConfig(workers=0)) == 0


def test_the_number_of_threads_is_restored():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
