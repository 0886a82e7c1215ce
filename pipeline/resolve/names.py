"""Which words are names, and which of those are places or organisations; learnt from the stored texts themselves.

A product or programme is written with a capital wherever it stands; a place follows "in", "at", "across"; an
organisation's words stand beside "Trust", "Hospital", "University". No word list of products is needed for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.resolve.words import Word

PLACE_PREPOSITIONS = frozenset({"in", "at", "across", "near", "from", "throughout", "around"})
LINKS = frozenset({"of", "and", "for", "the"})
_ORGANISATION_WORDS = """
    nhs trust hospital university ccg icb ic council foundation college board partnership ahsn institute society
    infirmary ltd limited school centre association royal
"""
ORGANISATION_WORDS = frozenset(_ORGANISATION_WORDS.split())


class NameStatistics:
    """How each word is written over all texts seen: add() every sentence first, then ask."""

    def __init__(self) -> None:
        self._capital: Counter[str] = Counter()
        self._lower: Counter[str] = Counter()
        self._after_preposition: Counter[str] = Counter()
        self._in_organisation: Counter[str] = Counter()

    def add(self, sentence: Sequence[Word]) -> None:
        """Count one sentence. Its first word's capital says nothing and is not counted."""
        before = ""
        for word in sentence:
            if not word.starts_sentence and not word.is_capital:
                self._lower[word.form] += 1
            elif not word.starts_sentence:
                self._capital[word.form] += 1
                self._after_preposition[word.form] += before in PLACE_PREPOSITIONS
            before = word.form
        for run in _capital_runs(sentence):
            if len(run) > 1 and ORGANISATION_WORDS.intersection(run):
                self._in_organisation.update(run)

    def nameness(self, form: str) -> float:
        """Between 0 and 1: how surely a word is a name, from how often it is written with a capital."""
        capital = self._capital[form]
        return capital / (capital + self._lower[form] + 0.5) if capital else 0.0

    def placeness(self, form: str) -> float:
        """Between 0 and 1: how surely a name is a place or part of an organisation's name."""
        seen = self._after_preposition[form] + self._in_organisation[form]
        return min(1.0, seen / (self._capital[form] + 1))


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
