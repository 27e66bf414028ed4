"""Schemas of the JSON files that rooms hand to each other, and their reader.

May import the standard library, msgspec and kakitori.
"""
