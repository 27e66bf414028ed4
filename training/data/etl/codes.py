"""Characters of the codes in ETL records: JIS X 0208, JIS X 0201, CO-59 and T56.

JIS X 0201 has one byte a character, with Latin letters and katakana in half width; the functions below return the JIS X
0208 form of each. The database uses two of its small katakana for characters that the code lacks, ィ for ヰ and ェ
for ヱ (the sample script of http://etlcdb.db.aist.go.jp/file-formats-and-sample-unpacking-code), and no others.
"""

import unicodedata
from pathlib import Path

import numpy as np

from kakitori.charset import Charset, get_charset, jis_code
from kakitori.errors import DataError

UNKNOWN, OUTSIDE = -1, -2  # labels: a code that its set does not have; a character that the charset does not have
CO59_FILE = "euc_co59.dat"
CO59_SOURCE = "take euc_co59.dat from unpack.zip at http://etlcdb.db.aist.go.jp/file-formats-and-sample-unpacking-code"

# The 6-bit code of the text fields of ETL2 to ETL5, by value (file-formats page, above).
T56 = "0123456789[#@:>? ABCDEFGHI&.](<  JKLMNOPQR-$*);'|/STUVWXYZ ,%=\"!"
# Exceptions: the characters that stand for JIS X 0201 codes whose JIS X 0208 form is not at the same offset.
IRREGULAR = {0x22: "”", 0x27: "’", 0x2D: "−", 0x5C: "￥", 0x7E: "￣", 0xDE: "゛", 0xDF: "゜", 0xA8: "ヰ", 0xAA: "ヱ"}
SMALL_KATAKANA = range(0xA7, 0xB0)
LOWER_CASE = range(0x61, 0x7B)
TO_HIRAGANA = ord("あ") - ord("ア")


def jis_x_0201(hiragana: bool = False) -> dict[int, str]:
    """Return the character of each JIS X 0201 code; with `hiragana`, hiragana for the codes of katakana."""
    wide = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F) if code not in LOWER_CASE}
    kana = {
        code: unicodedata.normalize("NFKC", bytes([code]).decode("shift_jis"))
        for code in range(0xA1, 0xDE)
        if code not in SMALL_KATAKANA
    }
    characters = wide | kana | IRREGULAR
    if hiragana:
        characters = {c: chr(ord(k) + TO_HIRAGANA) if "ァ" <= k <= "ヶ" else k for c, k in characters.items()}
    return characters


def read_co59(path: Path) -> dict[int, str]:
    """Return the character of each CO-59 code (row << 6 | cell) from the table that comes with the sample script.

    The table is EUC-JP text, `character:row,cell` separated by white space. Entries for a blank or for several
    characters are ignored.

    Raises:
        DataError: if the file cannot be read, or is not such a table.
    """
    try:
        entries = [entry.rsplit(":", 1) for entry in path.read_text(encoding="euc_jp").split()]
        numbers = [(character, [int(number) for number in code.split(",")]) for character, code in entries]
        codes = [(character, row, cell) for character, (row, cell) in numbers if len(character) == 1]
        legal = [0 <= row < 64 and 0 <= cell < 64 for _, row, cell in codes]
    except (OSError, UnicodeDecodeError, ValueError) as problem:
        raise DataError(f"{path} is not the table of CO-59 codes ({problem}): {CO59_SOURCE}.") from problem
    if not legal or not all(legal):
        raise DataError(f"{path} holds no entry, or a row or cell outside 0..63: {CO59_SOURCE}.")
    wide = jis_x_0201()
    return {row << 6 | cell: wide.get(ord(c), c) if c.isascii() else c for c, row, cell in codes}


def label_table(code: str, charset: Charset, co59: Path | None = None) -> np.ndarray:
    """Return the class (C,) int32 of each code value, or UNKNOWN, or OUTSIDE.

    Args:
        code: "katakana" or "hiragana" (JIS X 0201), "co59", or the name of a charset, whose JIS X 0208 codes are used.
    """
    if code == "co59" and co59:
        characters, size = read_co59(co59), 1 << 12
    elif code in ("katakana", "hiragana"):
        characters, size = jis_x_0201(hiragana=code == "hiragana"), 1 << 8
    else:
        legal = get_charset(code)
        characters, size = {int(jis_code(c) or "", 16): c for c in legal.characters}, 1 << 16
    labels = np.full(size, UNKNOWN, np.int32)
    for value, character in characters.items():
        labels[value] = charset.index(character) if character in charset else OUTSIDE
    return labels
