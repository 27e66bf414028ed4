"""Network architectures, one file each; `registry` lists them."""
