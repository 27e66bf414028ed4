"""The sizes that README.md and web/README.md state are those of the built files."""

import re

import pytest

from web.build import gzip_size, read_folder

ENGINE = "kakitori/ort/ort-wasm-simd-threaded.wasm"
MB = 1e6


@pytest.fixture(scope="module")
def sizes(built_site):
    """(bytes, bytes after gzip) of the engine, and of the library's other files together."""
    library = {name: content for name, content in read_folder(built_site).items() if name.startswith("kakitori/")}
    engine = library.pop(ENGINE)
    others = library.values()
    return [(len(engine), gzip_size(engine)), (sum(map(len, others)), sum(map(gzip_size, others)))]


def test_the_librarys_page_has_the_sizes_of_its_files(root, sizes):
    text = (root / "web/README.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| `kakitori/[^|]*\| ([\d.]+) MB \| ([\d.]+) MB \|$", text, re.MULTILINE)
    assert [[float(size) for size in row] for row in stated] == [
        [pytest.approx(size / MB, rel=0.15) for size in row] for row in sizes
    ]


def test_the_readme_has_the_download_size_of_the_engine(root, sizes):
    stated = re.search(r"the engine, ([\d.]+) MB \(gzip\)", (root / "README.md").read_text(encoding="utf-8"))
    assert float(stated[1]) == round(sizes[0][1] / MB, 1)
