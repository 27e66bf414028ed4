"""Training runs: settings, recipes, set-up, batches, loop, checkpoints, history, curves, progress, chain of runs,
calibration, outlier exposure, ablation, facts, energy, processors.

May import kakitori and all other rooms of training.
"""
