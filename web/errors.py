"""What can go wrong while the site is made or served. Standard library only.

    SiteError               a model directory, option or folder that the site cannot be made from or served from
    ├── PackagesError       the npm packages cannot be installed
    └── OutputError         the output folder is not ours to replace
"""

from kakitori.errors import KakitoriError


class SiteError(KakitoriError):
    """A site that cannot be built or served. `str()` is one sentence: found, expected, what to do."""


class PackagesError(SiteError):
    """The npm packages (the inference engine and the font) are missing and cannot be installed."""


class OutputError(SiteError):
    """The folder named for the site holds something that this generator did not write."""
