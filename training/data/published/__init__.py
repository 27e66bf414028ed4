"""Published sets of small images, and folders of pictures, as data sets."""
