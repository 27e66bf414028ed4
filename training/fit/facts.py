"""The facts of finished runs in `config.json`, and the revision of the source that a run computes with."""

import subprocess
from pathlib import Path
from typing import Any

from kakitori.files import read_json
from kakitori.spec import CONFIG_FILE, read_spec
from training.fit.config import TrainConfig

GIT_SECONDS = 10  # time limit of a git command
GIT_COMMANDS = (
    ("ls-files", "--error-unmatch", Path(__file__).name),  # fails for a copy that is installed inside another checkout
    ("rev-parse", "HEAD"),
    ("status", "--porcelain", "--untracked-files=no", "--", ":(top)*.py"),
)


def source_revision(folder: Path = Path(__file__).parent) -> str | None:
    """Return the git revision of this source, with "-dirty" where a Python file is modified; None outside a checkout.

    Args:
        folder: that holds this module.
    """
    try:
        _, revision, modified = (
            subprocess.run(
                ["git", "-C", str(folder), *command], capture_output=True, text=True, check=True, timeout=GIT_SECONDS
            ).stdout.strip()
            for command in GIT_COMMANDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return revision + ("-dirty" if modified else "")


def training_facts(model_dir: Path | None) -> dict[str, Any] | None:
    """Return the facts of the run that made a model; None for no model.

    Raises:
        ModelError: if its config cannot be used.
    """
    return read_spec(model_dir).training if model_dir else None


def finished_facts(config: TrainConfig) -> dict[str, Any] | None:
    """Return the facts of the model in `config.model` if a run with the settings of `config` made it, otherwise None.

    Raises:
        KakitoriError: if its `config.json` is damaged.
    """
    path = config.model / CONFIG_FILE
    stored = read_json(path) if path.exists() else None
    facts = (stored.get("training") if isinstance(stored, dict) else None) or {}
    return facts if facts and all(facts.get(name) == value for name, value in config.facts.items()) else None
