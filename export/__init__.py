"""From the weights of a model directory to checked ONNX files, one per backend and precision.

May import kakitori and training.
"""
