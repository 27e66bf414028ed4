"""The licences of what the site contains: rows for the page of licences, and the files they link to."""

from collections.abc import Sequence
from pathlib import Path

from kakitori.schemas.config import Licence
from kakitori.spec import KANJIVG_LICENCE, join_licences

LICENCE_TEXTS = Path(__file__).parent / "licences"
DATA_FILE = "data.txt"
# Rows: file under licences/, name, use, licence, address.
INK = {"file": "kanjivg.txt", "name": KANJIVG_LICENCE["source"], "use": "training data: strokes",
       "licence": KANJIVG_LICENCE["licence"], "url": KANJIVG_LICENCE["url"]}  # fmt: skip
SOFTWARE = (
    {"file": "klee-one.txt", "name": "Klee One", "use": "the typeface of the Japanese characters",
     "licence": "SIL OFL 1.1", "url": "https://github.com/fontworks-fonts/Klee"},
    {"file": "onnxruntime-web.txt", "name": "onnxruntime-web", "use": "the engine that runs the model",
     "licence": "MIT", "url": "https://github.com/microsoft/onnxruntime"},
)  # fmt: skip


def licence_rows(data: Sequence[Licence]) -> list[dict[str, str]]:
    """Return the rows of the page of licences; `data` is what the models were trained on."""
    ink = [INK] if any(row["source"] == INK["name"] for row in data) else []
    others = [
        {"file": DATA_FILE, "name": row["source"], "use": "training data", "licence": row["licence"], "url": row["url"]}
        for row in data
        if row["source"] != INK["name"]
    ]
    return [*ink, *others, *SOFTWARE]


def licence_files(data: Sequence[Licence], font_licence: bytes) -> dict[str, bytes]:
    """Return {path in the site: bytes} of the texts that the rows link to."""
    terms = "\n\n".join(join_licences(data, key) for key in ("attribution", "licence", "url"))
    texts = {DATA_FILE: f"{terms}\n".encode(), "klee-one.txt": font_licence}
    files = [row["file"] for row in licence_rows(data)]
    return {f"licences/{file}": texts[file] if file in texts else (LICENCE_TEXTS / file).read_bytes() for file in files}
