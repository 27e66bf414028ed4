"""Runs every exported file in every engine it is for, and says where the answers are those of PyTorch.

The folder is `wasm-check`; Python knows it as `wasm_check` (see `package-dir` in pyproject.toml).
"""
