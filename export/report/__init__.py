"""Measuring a model's files; the tables, plots and model card made from the figures. May import what export may."""
