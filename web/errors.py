"""The errors of building and serving the site. Standard library only.

SiteError               a model directory, option or folder that a site cannot be built or served from
├── LintError           a check of JavaScript or workflow files has findings
├── PackagesError       the npm packages cannot be installed
└── OutputError         the output folder has files that `invoke site` did not write
"""

from kakitori.errors import KakitoriError


class SiteError(KakitoriError):
    """A site cannot be built or served."""


class LintError(SiteError):
    """A check of JavaScript or workflow files has findings."""


class PackagesError(SiteError):
    """The npm packages, the inference engine, the font and those of development, cannot be installed."""


class OutputError(SiteError):
    """The output folder has files that `invoke site` did not write, which would be replaced."""
