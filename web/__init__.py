"""From the files of a model directory to a static site; the dev server."""
