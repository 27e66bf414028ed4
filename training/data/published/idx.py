"""Read IDX files (MNIST, KMNIST, EMNIST) and NumPy archives of the same arrays, with their sizes checked.

An IDX file is 00 00, the element type (08 for unsigned bytes), the number of axes, each axis's length as a big-endian
32-bit number, and the elements. Source: "File formats for the MNIST database", http://yann.lecun.com/exdb/mnist/.
"""

import gzip
import math
import zipfile
from pathlib import Path

import numpy as np

from kakitori.errors import DataError

UNSIGNED_BYTE = 0x08
MOST_BYTES = 2 << 30  # limit of an array; EMNIST's largest file has 547 MB


def read_array(path: Path) -> np.ndarray:
    """Return the uint8 array of an IDX file, gzipped or not, or `arr_0` of an .npz file.

    Raises:
        DataError: if the file is cut short, too long, damaged, or of another format.
    """
    try:
        return _read_npz(path) if path.suffix.lower() == ".npz" else _read_idx(path)
    except DataError:
        raise
    except Exception as problem:  # zipfile, zlib and NumPy's header parser raise many kinds of exceptions
        raise DataError(f"{path} cannot be read ({type(problem).__name__}: {problem}): fetch it again.") from problem


def _read_npz(path: Path) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        unpacked = archive.getinfo("arr_0.npy").file_size
    if unpacked > MOST_BYTES:
        raise DataError(f"{path}: arr_0 unpacks to {unpacked:,} bytes, more than any known set: it is another file.")
    with np.load(path, allow_pickle=False) as arrays:
        array = arrays["arr_0"]
    if array.dtype != np.uint8:
        raise DataError(f"{path}: arr_0 holds {array.dtype}, expected uint8: it is another file.")
    return array


def _read_idx(path: Path) -> np.ndarray:
    with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
        magic = file.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != UNSIGNED_BYTE or not 1 <= magic[3] <= 3:
            raise DataError(
                f"{path}, offset 0: begins with {magic.hex(' ') or 'nothing'}, expected 00 00 08 and 01 or 03: "
                "it is no IDX file of bytes."
            )
        lengths = file.read(4 * magic[3])
        shape = tuple(int(n) for n in np.frombuffer(lengths[: len(lengths) // 4 * 4], ">u4"))
        wanted = math.prod(shape)
        if len(shape) < magic[3] or wanted > MOST_BYTES:
            raise DataError(f"{path}, offset 4: its axes are {shape}, expected {magic[3]} of a sensible length.")
        content = file.read(wanted + 1)
    if len(content) != wanted:
        found = f"{len(content):,}" if len(content) < wanted else f"more than {wanted:,}"
        raise DataError(f"{path}: its header {shape} promises {wanted:,} bytes and {found} follow: fetch it again.")
    return np.frombuffer(content, np.uint8).reshape(shape)
