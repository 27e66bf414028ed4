"""From the files of a model directory to a static site; the dev server; the JavaScript library. May import kakitori."""
