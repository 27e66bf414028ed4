"""Float graphs to INT8 graphs: activation ranges, equalisation, bias correction, quantization."""
