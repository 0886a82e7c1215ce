"""Evidence: the one sentence that best carries a tag, at most 60 words, by exact offsets into the document's text."""

from __future__ import annotations

import re

import numpy as np

from nlp.annotations import Evidence
from nlp.features import Floats
from nlp.language import Sentence
from nlp.reading import Reading

MAX_EVIDENCE_WORDS = 60  # the tagging guide's limit
_WORD = re.compile(r"\S+")


def best_sentence(scores: Floats) -> int | None:
    """The number of the sentence with the highest score, the earliest among equals; None when there is none."""
    return int(np.argmax(scores)) if len(scores) else None


def quoted(reading: Reading, number: int, focus: int | None = None) -> Evidence:
    """Sentence `number` of a reading as evidence; `focus` is an offset that a cut must keep inside."""
    sentence = reading.sentences[number]
    start, end = shortened(sentence, sentence.start if focus is None else focus)
    # Offsets hold for the document's own text: `readable` changes characters, never their places.
    return Evidence(reading.document.text[start:end], start, end)


def shortened(sentence: Sentence, focus: int) -> tuple[int, int]:
    """The sentence's offsets, or those of at most 60 of its words around `focus`, clear of a cut word at either end."""
    if len(sentence.text.split()) <= MAX_EVIDENCE_WORDS:
        return sentence.start, sentence.end
    words = list(_WORD.finditer(sentence.text))
    at = next((place for place, word in enumerate(words) if sentence.start + word.end() > focus), 0)
    first = min(max(0, at - MAX_EVIDENCE_WORDS // 2), len(words) - MAX_EVIDENCE_WORDS)
    last = first + MAX_EVIDENCE_WORDS - 1
    return sentence.start + words[first].start(), sentence.start + words[last].end()
