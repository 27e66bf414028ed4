"""Reads handwritten Japanese characters; and what every room shares: charsets, the spec, pixels, files.

May import NumPy, SciPy, Pillow, msgspec and ONNX Runtime; never torch, numba, or another room of this project.
"""
