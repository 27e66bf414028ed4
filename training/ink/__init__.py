"""Generated ink: KanjiVG's strokes, random handwriting variation, pens, cameras, out-of-distribution drawings.

    templates     kanjivg, own_forms, near_duplicates
    variation     stroke, components, displacement, character
    drawing       pen, rasteriser, camera, drawing
    images        source, out_of_distribution, scribbles
    for all       amounts (every number of the variation, pens and camera), compiled (Numba and its cache)

May import kakitori.
"""
