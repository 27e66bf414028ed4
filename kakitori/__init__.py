"""Recognition of handwritten Japanese characters, and the code that every room shares: charsets, spec, pixels, files.

    from kakitori import Recognizer

May import NumPy, SciPy, Pillow, msgspec, rich and ONNX Runtime, and for a model on the Hugging Face Hub
huggingface_hub; never torch, numba, or another room of this project.
`import kakitori` itself loads none of them: `Recognizer` is imported when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kakitori.recognizer import Recognizer

__version__ = "0.1.0"
__all__ = ["Recognizer", "__version__"]


def __getattr__(name: str) -> Any:
    """Return `Recognizer`, imported on first use (PEP 562)."""
    if name != "Recognizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kakitori.recognizer import Recognizer

    return Recognizer
