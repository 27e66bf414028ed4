"""Training runs: settings, recipes, set-up, loop, checkpoints, calibration, energy.

May import kakitori and all other rooms of training.
"""
