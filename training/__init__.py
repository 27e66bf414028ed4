"""Charsets, ink, data, networks and the training loop: everything up to the weights in a model directory."""
