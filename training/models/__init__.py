"""Architectures, one file each, their registry, and the weights of model directories. May import kakitori."""
