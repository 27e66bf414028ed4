"""Glyphs of open fonts, or of the user's own fonts, as a data set."""
