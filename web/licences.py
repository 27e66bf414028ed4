"""Whose work the site carries, and on what terms: rows for the page of licences, and the files they link to."""

from pathlib import Path
from typing import Any

LICENCE_TEXTS = Path(__file__).parent / "licences"
KANJIVG = "KanjiVG"
DATA_FILE = "data.txt"
# (file under licences/, what it is for, licence, where it comes from)
INK = {"file": "kanjivg.txt", "name": KANJIVG, "use": "the strokes the model learnt from", "licence": "CC BY-SA 3.0",
       "url": "https://kanjivg.tagaini.net"}  # fmt: skip
SOFTWARE = (
    {"file": "klee-one.txt", "name": "Klee One", "use": "the typeface of the Japanese characters",
     "licence": "SIL OFL 1.1", "url": "https://github.com/fontworks-fonts/Klee"},
    {"file": "onnxruntime-web.txt", "name": "onnxruntime-web", "use": "the engine that runs the model",
     "licence": "MIT", "url": "https://github.com/microsoft/onnxruntime"},
)  # fmt: skip


def licence_rows(data: dict[str, str]) -> list[dict[str, str]]:
    """Return the rows of the page of licences; `data` is that of config.json, KanjiVG's where it says nothing."""
    source = data.get("source", KANJIVG)
    other = {"file": DATA_FILE, "name": beside_ink(source, KANJIVG), "use": "what the model learnt from",
             "licence": beside_ink(data.get("licence", ""), INK["licence"]),
             "url": beside_ink(data.get("url", ""), INK["url"])}  # fmt: skip
    return [*([INK] if KANJIVG in source else []), *([other] if source != KANJIVG else []), *SOFTWARE]


def beside_ink(text: str, of_ink: str) -> str:
    """Return what a mixture's text, "KanjiVG; fonts", says of the part that is not ink; all of another text."""
    return "; ".join(part for part in text.split("; ") if part != of_ink) or text


def licence_files(data: dict[str, str], font_licence: bytes) -> dict[str, bytes]:
    """Return {path in the site: bytes} of the texts that the rows link to."""
    texts: dict[str, Any] = {
        DATA_FILE: "\n\n".join(data.get(key, "") for key in ("attribution", "licence", "url")).encode() + b"\n",
        "klee-one.txt": font_licence,
    }
    for row in licence_rows(data):
        if row["file"] not in texts:
            texts[row["file"]] = (LICENCE_TEXTS / row["file"]).read_bytes()
    return {f"licences/{row['file']}": texts[row["file"]] for row in licence_rows(data)}
