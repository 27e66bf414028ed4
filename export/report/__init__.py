"""Measuring a model's files, and the tables, plots and model card made from the figures."""
