"""From the weights of a model directory to ONNX files, one per backend and precision."""
