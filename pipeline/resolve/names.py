"""Which words are names, and which of those are places or organisations; learnt from the stored texts themselves.

A product or programme is written with a capital wherever it stands; a place follows "in", "at", "across"; an
organisation's words stand beside "Trust", "Hospital", "University". No word list of products is needed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.resolve.words import Word

Floats = NDArray[np.float64]

# What is counted of how a word is written, in the order of the columns.
WRITINGS = ("capital", "lower", "after_preposition", "in_organisation")
CAPITAL, LOWER, AFTER_PREPOSITION, IN_ORGANISATION = range(len(WRITINGS))
PLACE_PREPOSITIONS = frozenset({"in", "at", "across", "near", "from", "throughout", "around"})
LINKS = frozenset({"of", "and", "for", "the"})
_ORGANISATION_WORDS = """
    nhs trust hospital university ccg icb ic council foundation college board partnership ahsn institute society
    infirmary ltd limited school centre association royal
"""
ORGANISATION_WORDS = frozenset(_ORGANISATION_WORDS.split())


def count_writing(sentence: Sequence[Word], counts: dict[str, list[int]]) -> None:
    """Add one sentence to counts: word -> numbers in the order of WRITINGS.

    The first word's capital says nothing and is not counted.
    """
    before = ""
    for word in sentence:
        if not word.starts_sentence:
            of_word = counts.setdefault(word.form, [0] * len(WRITINGS))
            of_word[CAPITAL if word.is_capital else LOWER] += 1
            of_word[AFTER_PREPOSITION] += word.is_capital and before in PLACE_PREPOSITIONS
        before = word.form
    for run in _capital_runs(sentence):
        if len(run) > 1 and ORGANISATION_WORDS.intersection(run):
            for form in run:
                counts.setdefault(form, [0] * len(WRITINGS))[IN_ORGANISATION] += 1


def nameness(writing: NDArray[Any]) -> Floats:
    """Between 0 and 1: how surely each word is a name, from how often it is written with a capital.

    writing: shape (words, 4), summed over all texts.
    """
    capital = writing[:, CAPITAL].astype(np.float64)
    shares: Floats = capital / (capital + writing[:, LOWER] + 0.5)
    return shares


def placeness(writing: NDArray[Any]) -> Floats:
    """Between 0 and 1: how surely each name is a place or part of an organisation's name."""
    seen = writing[:, AFTER_PREPOSITION].astype(np.float64) + writing[:, IN_ORGANISATION]
    shares: Floats = np.minimum(1.0, seen / (writing[:, CAPITAL] + 1.0))
    return shares


def _capital_runs(sentence: Sequence[Word]) -> list[list[str]]:
    """Neighbouring capitalised words, linking words between them included: "University of Leeds"."""
    runs: list[list[str]] = []
    run: list[str] = []
    links: list[str] = []
    for word in sentence:
        if word.is_capital:
            run += [*links, word.form] if run else [word.form]
            links = []
        elif run and not links and word.form in LINKS:
            links = [word.form]
        else:
            runs.append(run)
            run, links = [], []
    return [run for run in [*runs, run] if run]
