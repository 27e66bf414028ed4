"""Runs every exported file in every engine it is for, and compares the answers with PyTorch's.

May import kakitori, training, export and web.
"""
