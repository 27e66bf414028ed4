"""From strokes and data sets to the weights of a model directory. May import kakitori.

progress -> ink -> data -> evaluation -> fit        each imports those before it
            models -> compress --------> fit
"""
