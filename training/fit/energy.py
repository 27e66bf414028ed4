"""Energy and carbon of a training run, by codecarbon: counted where the machine has counters, otherwise estimated.

No network, no root, no files. Emissions use the carbon intensity of the country that the environment variable
CODECARBON_COUNTRY_ISO_CODE names (FRA, JPN ...), and the world's average without it.
"""

import logging
from typing import Any

WORLD = "world average"
METHODS = {  # codecarbon's names of the ways to know a processor's power, in words
    "intel_rapl": "processor counted (RAPL)",
    "windows_emi": "processor counted (EMI)",
    "cpu_load": "processor estimated from its load",
    "constant": "processor estimated at a constant power",
}


class EnergyMeter:
    """A context manager that meters the whole machine, all its GPUs included.

    A run must never fail for its energy record: whatever goes wrong in codecarbon, or if it is not installed, the
    meter reads nothing and `method` is empty. Disabled (in processes other than the first), it reads nothing either.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.method, self.intensity = "", WORLD
        self._enabled, self._tracker = enabled, None
        self._last_wh = self._last_g = 0.0
        self._total: Any = None

    def __enter__(self) -> "EnergyMeter":
        if self._enabled:
            try:
                self._start()
            except Exception:  # see the class: another library's faults, of any kind, end here
                self._tracker = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._tracker:
            self._tracker.stop()  # suppresses its own errors

    def _start(self) -> None:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").disabled = True  # it warns of every estimate; `method` says the same once
        tracker = OfflineEmissionsTracker(
            tracking_mode="machine", output_methods=[], output_handlers=[self], emissions_endpoint=None,
            electricitymaps_api_token="", api_call_interval=-1,
        )  # fmt: skip
        tracker.start()
        self.method = describe_method(tracker._hardware)
        self._tracker = tracker

    def lap(self) -> dict[str, float]:
        """Return `energy_wh` and `co2eq_g` since the last lap; an empty dictionary where they are not known."""
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
        """Take codecarbon's totals since the start: to codecarbon, the meter is one of its outputs."""
        self._total = total

    def exit(self) -> None:
        """Do nothing at the end of codecarbon's outputs."""


def describe_method(hardware: list[Any]) -> str:
    """Return in words how codecarbon knows the power of each of its pieces of hardware."""
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
    """Return the sums over a run's epochs for `config.json`; empty if no epoch has a record.

    `energy_epochs` is the number of epochs summed: less than all where some ran without a record.
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
