"""The architectures, one file each, their registry, and their weights on disk. May import kakitori."""
