"""The energy record: codecarbon's figures by epoch; its errors do not stop a run."""

import csv
import sys
import time

import pytest

from training.fit.energy import EnergyMeter, describe_method, energy_facts
from training.fit.history import write_log


class GPU:
    pass


class RAM:
    pass


class CPU:
    def __init__(self, mode):
        self._mode = mode


def test_a_meter_reads_energy_and_carbon_since_the_last_lap(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CODECARBON_COUNTRY_ISO_CODE", raising=False)
    with EnergyMeter() as meter:
        meter.lap()
        started = time.perf_counter()
        time.sleep(0.5)
        row = meter.lap()
        hours = (time.perf_counter() - started) / 3600
    assert 1 < row["energy_wh"] / hours < 10_000  # watts
    assert row["co2eq_g"] > 0
    assert meter.intensity == "world average"
    assert "memory estimated from its size" in meter.method
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_the_country_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("CODECARBON_COUNTRY_ISO_CODE", "FRA")
    with EnergyMeter() as meter:
        time.sleep(0.1)
        meter.lap()
    assert meter.intensity == "France"


def test_without_codecarbon_nothing_is_measured(monkeypatch):
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with EnergyMeter() as meter:
        assert meter.lap() == {}
    assert meter.method == ""


def test_an_error_in_codecarbon_is_ignored(monkeypatch):
    import codecarbon

    def broken(**settings):
        raise RuntimeError("no such sensor")

    monkeypatch.setattr(codecarbon, "OfflineEmissionsTracker", broken)
    with EnergyMeter() as meter:
        assert meter.lap() == {}


def test_a_disabled_meter_does_not_load_codecarbon(monkeypatch):
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with EnergyMeter(enabled=False) as meter:
        assert meter.lap() == {}


@pytest.mark.parametrize(
    ("hardware", "words"),
    [
        ([RAM(), CPU("cpu_load")], "processor estimated from its load, memory estimated from its size"),
        ([RAM(), CPU("intel_rapl"), GPU()], "processor counted (RAPL), memory estimated from its size, GPU counted"),
    ],
)
def test_the_method_lists_what_is_counted_and_what_is_estimated(hardware, words):
    assert describe_method(hardware) == words


def test_the_facts_are_sums_over_the_epochs_that_have_a_record():
    rows = [{"epoch": 1}, {"epoch": 2, "energy_wh": 1500.0, "co2eq_g": 700.0}, {"energy_wh": 500.0, "co2eq_g": 300.0}]
    facts = energy_facts(rows, EnergyMeter(enabled=False))
    assert (facts["energy_kwh"], facts["emissions_kg"], facts["energy_epochs"]) == (2.0, 1.0, 2)


def test_a_run_without_a_record_has_no_energy_facts():
    assert energy_facts([{"epoch": 1}], EnergyMeter(enabled=False)) == {}


def test_the_log_of_a_run_that_is_measured_in_part_has_all_columns(tmp_path):
    write_log([{"epoch": 1}, {"epoch": 2, "energy_wh": 3.5}], tmp_path)
    rows = list(csv.DictReader((tmp_path / "training_log.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["energy_wh"] for row in rows] == ["", "3.5"]
