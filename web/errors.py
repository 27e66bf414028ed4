"""The errors of building and serving the site. Standard library only.

SiteError               a model directory, option or folder that a site cannot be built or served from
├── PackagesError       the npm packages cannot be installed
└── OutputError         the output folder has files that `invoke site` did not write
"""

from kakitori.errors import KakitoriError


class SiteError(KakitoriError):
    """A site cannot be built or served."""


class PackagesError(SiteError):
    """The npm packages of the site, the inference engine and the font, cannot be installed."""


class OutputError(SiteError):
    """The output folder has files that `invoke site` did not write, which would be replaced."""
