"""Static sentence vectors: a text's vector is the normalised sum of its word pieces' vectors. NumPy and SciPy only.

The table was distilled from all-MiniLM-L6-v2 (see nlp.distil). It serves tagging, search, matching and duplicates.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

VECTORS_FOLDER = Path(__file__).parent / "models"
TABLE_FILE = "vectors.npy"
PIECES_FILE = "vectors.vocabulary.txt"
NOTES_FILE = "vectors.json"
REBUILD = "rebuild it with `python -m nlp.distil` (its docstring says in which environment)"
UNKNOWN = "[UNK]"
CONTINUES = "##"  # marks a piece that is not a word's first
MAX_PIECED_CHARACTERS = 100  # a longer word has no pieces: the original vocabulary's own limit
# Words with their pieces kept in memory, about 40 MB; beyond that the memory starts anew. Results never change.
MAX_REMEMBERED_WORDS = 200_000
# The blocks outside of ASCII that hold punctuation and Chinese characters, which stand alone as words do.
_MARK_BLOCKS = ((0xA1, 0x0700), (0x2010, 0x2060), (0x2E00, 0x2E60), (0x3001, 0x3040), (0xFE10, 0xFF66))
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"


class VectorsError(RuntimeError):
    """A table of vectors that must not be used; the message names the file and the command that rebuilds it."""


class Encoder:
    """Turns texts into vectors of unit length (a zero vector when a text has no known piece)."""

    def __init__(self, table: NDArray[np.float16], pieces: Sequence[str], digest: str) -> None:
        """table: pieces x dimensions. digest: what the table and the pieces are known by."""
        self.digest = digest
        self._table = np.asarray(table, dtype=np.float32)
        self._number = {piece: number for number, piece in enumerate(pieces)}
        self._known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def load(cls, folder: Path = VECTORS_FOLDER) -> Encoder:
        """The encoder with the table in this folder; raises VectorsError for a missing or altered file."""
        notes = _read_notes(folder)
        contents = [_checked(folder / name, notes) for name in (TABLE_FILE, PIECES_FILE)]
        table = np.load(io.BytesIO(contents[0]), allow_pickle=False)
        return cls(table, contents[1].decode().split("\n")[:-1], notes[TABLE_FILE][:12])

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._table.shape[1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Texts x dimensions."""
        return unit_length(self.sums(texts))

    def sums(self, texts: Sequence[str]) -> Vectors:
        """Texts x dimensions: the sum of each text's piece vectors; sums of parts add up to the sum of the whole."""
        if len(self._known) > MAX_REMEMBERED_WORDS:
            self._known.clear()
        columns: list[int] = []
        ends = [0]
        for text in texts:
            for word in text.split():
                pieces = self._known.get(word)
                columns.extend(self._learn(word) if pieces is None else pieces)
            ends.append(len(columns))
        ones = np.ones(len(columns), dtype=np.float32)
        counts = sparse.csr_matrix((ones, columns, ends), (len(texts), len(self._table)))
        return np.asarray(counts @ self._table)

    def pieces(self, text: str) -> list[int]:
        """The numbers of a text's known pieces in order."""
        return [number for word in text.split() for number in self._learn(word)]

    def _learn(self, word: str) -> tuple[int, ...]:
        """A white-space separated word's pieces, remembered."""
        found = tuple(number for part in _parts(word) for number in self._pieces(part))
        self._known[word] = found
        return found

    def _pieces(self, part: str) -> list[int]:
        """The longest known beginning, then the longest continuation, and so on; none when a rest is unknown."""
        if len(part) > MAX_PIECED_CHARACTERS:
            return []
        numbers, start = [], 0
        while start < len(part):
            mark = CONTINUES if start else ""
            ends = range(len(part), start, -1)
            found = next(((e, self._number[p]) for e in ends if (p := mark + part[start:e]) in self._number), None)
            if found is None:
                return []
            start, number = found
            numbers.append(number)
        return numbers


def unit_length(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


@cache
def _separator() -> re.Pattern[str]:
    """A run of letters, figures and symbols, or one mark of punctuation or one ideograph."""
    ascii_marks = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
    blocks = (chr(code) for first, last in _MARK_BLOCKS for code in range(first, last))
    marks = re.escape(ascii_marks + "".join(mark for mark in blocks if unicodedata.category(mark)[0] == "P"))
    return re.compile(f"[{marks}{_IDEOGRAPHS}]|[^{marks}{_IDEOGRAPHS}]+")


def _parts(word: str) -> list[str]:
    """A word in lower case without accents and control characters, its punctuation marks apart."""
    if not word.isascii():
        apart = unicodedata.normalize("NFD", word)
        word = "".join(one for one in apart if unicodedata.category(one) not in ("Mn", "Cc", "Cf", "Cs", "Co"))
    return _separator().findall(word.lower().replace("\x00", "").replace("\ufffd", ""))


def _read_notes(folder: Path) -> dict[str, str]:
    path = folder / NOTES_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["sha256"])
    except FileNotFoundError:
        raise VectorsError(f"{path}: no such file; {REBUILD}") from None
    except (ValueError, KeyError) as error:
        raise VectorsError(f"{path}: not the notes of a table of vectors: {error}; {REBUILD}") from error


def _checked(path: Path, sums: dict[str, str]) -> bytes:
    """The file's content, when it has the noted checksum."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise VectorsError(f"{path}: no such file; {REBUILD}") from None
    if hashlib.sha256(content).hexdigest() != sums.get(path.name):
        raise VectorsError(f"{path}: checksum differs from {NOTES_FILE}: the file was altered or cut; {REBUILD}")
    return content
