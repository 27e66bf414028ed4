"""The schemas of the project's JSON files, one file each, and the one reader of them all."""
