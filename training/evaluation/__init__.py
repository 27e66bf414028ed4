"""Measuring any predictor, images to logits: samples, metrics, corruptions, confusables, reliability, error sheets.

May import kakitori, training.ink and training.data.
"""
