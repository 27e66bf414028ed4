"""Progress of long work, shown by every room of the workshop. May import kakitori."""
