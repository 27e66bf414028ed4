"""Energy and emissions of a training run, by codecarbon: measured by the machine's counters, otherwise estimated.

Needs no network and no root, and writes no files. Emissions are computed with the carbon intensity of the country in
the environment variable CODECARBON_COUNTRY_ISO_CODE (FRA, JPN ...), or with the world average.
"""

import logging
from typing import Any

WORLD = "world average"
METHODS = {  # codecarbon's names of the methods to obtain a processor's power, in words
    "intel_rapl": "processor counted (RAPL)",
    "windows_emi": "processor counted (EMI)",
    "cpu_load": "processor estimated from its load",
    "constant": "processor estimated at a constant power",
}


class EnergyMeter:
    """A context manager that measures the energy of the whole machine with all GPUs.

    A run must not fail because of its energy record: if codecarbon is missing or raises, or the meter is disabled (in
    processes other than the first), it measures nothing and `method` is empty.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.method, self.intensity = "", WORLD
        self._enabled = enabled
        self._tracker: Any = None
        self._last_wh = self._last_g = 0.0
        self._total: Any = None

    def __enter__(self) -> "EnergyMeter":
        if self._enabled:
            try:
                self._start()
            except Exception:  # of any kind, see the class
                self._tracker = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._tracker:
            self._tracker.stop()  # suppresses its own errors

    def _start(self) -> None:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").disabled = True  # it warns of each estimate, which `method` states
        tracker = OfflineEmissionsTracker(
            tracking_mode="machine", output_methods=[], output_handlers=[self], emissions_endpoint=None,
            electricitymaps_api_token="", api_call_interval=-1,
        )  # fmt: skip
        tracker.start()
        self.method = describe_method(tracker._hardware)
        self._tracker = tracker

    def lap(self) -> dict[str, float]:
        """Return `energy_wh` and `co2eq_g` since the last lap; an empty dictionary if they were not measured."""
        self._total = None
        if self._tracker:
            self._tracker.flush()  # calls `out`; suppresses its own errors
        if self._total is None:
            return {}
        wh, g = 1000 * self._total.energy_consumed, 1000 * self._total.emissions  # since the start
        row = {"energy_wh": round(wh - self._last_wh, 4), "co2eq_g": round(g - self._last_g, 4)}
        self._last_wh, self._last_g = wh, g
        self.intensity = self._total.country_name or WORLD
        return row

    def out(self, total: Any, delta: Any) -> None:
        """Store codecarbon's totals since the start; the meter is registered as one of its outputs."""
        self._total = total

    def exit(self) -> None:
        """Do nothing: codecarbon calls this on its outputs at the end."""


def describe_method(hardware: list[Any]) -> str:
    """Return in words how codecarbon obtains the power of each part of the hardware."""
    words = []
    for part in hardware:
        kind = type(part).__name__
        if kind == "GPU":
            words.append("GPU counted")
        elif kind == "RAM":
            words.append("memory estimated from its size")
        else:
            words.append(METHODS.get(getattr(part, "_mode", ""), "processor counted"))
    return ", ".join(sorted(words, reverse=True))


def energy_facts(history: list[dict[str, float]], meter: EnergyMeter) -> dict[str, Any]:
    """Return the sums over a run's epochs for `config.json`; empty if no epoch was measured.

    `energy_epochs` is the number of measured epochs, which are summed.
    """
    rows = [row for row in history if "energy_wh" in row]
    if not rows:
        return {}
    return {
        "energy_kwh": round(sum(row["energy_wh"] for row in rows) / 1000, 6),
        "emissions_kg": round(sum(row["co2eq_g"] for row in rows) / 1000, 6),
        "energy_epochs": len(rows),
        "energy_method": meter.method,
        "carbon_intensity": meter.intensity,
    }
