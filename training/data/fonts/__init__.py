"""Glyphs of open fonts, or of a user's own, as a data set."""
