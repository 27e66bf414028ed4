"""Stored data sets: preparing, splitting, mixing and inspecting them. May import kakitori and training.ink."""
