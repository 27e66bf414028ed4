"""Generated ink: KanjiVG's strokes, random handwriting variation, pens, cameras, out-of-distribution drawings.

May import kakitori.
"""
