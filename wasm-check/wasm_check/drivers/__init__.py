"""One module per way to run an engine."""
