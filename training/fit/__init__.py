"""Training runs: settings, setup, loop, checkpoints, calibration, energy. May import all other rooms of training."""
