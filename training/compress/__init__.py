"""Compression: pruning, quantization-aware training, low rank, distillation.

May import kakitori and training.models.
"""
