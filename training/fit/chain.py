"""Runs that start from each other's models: the stages of a recipe, and the steps of a pruning."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from training.fit.config import TrainConfig
from training.fit.facts import finished_facts, training_facts

STEPS_FOLDER = "steps"  # of a model directory: the models between the one to prune and the pruned one
# The facts of a model that another one was made from, and the setting that names its directory.
PARENTS = {"base": "start_from", "taught_by": "teacher"}


def pruning_runs(config: TrainConfig) -> list[TrainConfig]:
    """Return the runs of a pruning in steps, which all keep the same share of the channels; otherwise the one run."""
    if not config.prune or config.prune_steps == 1:
        return [config]
    share = round(1 - (1 - config.prune) ** (1 / config.prune_steps), 4)
    folders = [config.model / STEPS_FOLDER / str(step) for step in range(1, config.prune_steps)]
    starts, models = [config.start_from, *folders], [*folders, config.model]
    return [
        replace(config, start_from=start, model=model, prune=share, prune_steps=1)
        for start, model in zip(starts, models, strict=True)
    ]


def runs_to_do(runs: Sequence[TrainConfig], report: Callable[[str], None] = lambda line: None) -> list[TrainConfig]:
    """Return the runs of a chain without those that are finished.

    A run whose start or teacher in the chain is trained again, or was since, starts over.
    """
    models = {run.model for run in runs}
    to_do: list[TrainConfig] = []
    for run in runs:
        parents = {name: path for name in PARENTS if (path := getattr(run, PARENTS[name])) in models}
        facts = None if run.fresh else finished_facts(run)
        is_stale = any(path in (other.model for other in to_do) for path in parents.values()) or (
            facts is not None and any(facts.get(name) != training_facts(path) for name, path in parents.items())
        )
        if facts and not is_stale:
            report(f"{run.model} is finished.")
        else:
            to_do.append(replace(run, fresh=run.fresh or is_stale, resume=run.resume and run is runs[0]))
    return to_do
