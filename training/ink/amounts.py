"""The digest of the source that determines generated ink."""

import hashlib
from pathlib import Path


def digest() -> str:
    """Return "sha256:" and the SHA-256 of the modules of this package, in order of their names."""
    text = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return f"sha256:{hashlib.sha256(text).hexdigest()}"
