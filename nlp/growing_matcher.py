"""spaCy's PhraseMatcher over phrases that it takes in as texts call for them, so that a first page is read at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nlp.language import language

if TYPE_CHECKING:
    from spacy.tokens import Doc

Match = tuple[int, int, int]  # key, first token, token after the last


class GrowingMatcher:
    """Finds phrases in any case; a phrase is added when a text holds its first token, since no other can hold it.

    Of the vocabulary's 19,000 phrases a page calls for some hundreds; to add all takes 0.4 s.
    """

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """phrases: matcher key -> phrases in lower case, single spaces between their words."""
        from spacy.matcher import PhraseMatcher

        self._pipeline = language()
        self._matcher = PhraseMatcher(self._pipeline.vocab, attr="LOWER")
        self._waiting: dict[int, dict[str, list[str]]] = {}
        first_tokens: dict[str, dict[str, list[str]]] = {}
        for key, many in phrases.items():
            for phrase in many:
                word = phrase.partition(" ")[0]
                if word not in first_tokens:
                    token = self._pipeline.make_doc(word)[0].lower
                    first_tokens[word] = self._waiting.setdefault(token, {})
                first_tokens[word].setdefault(key, []).append(phrase)

    def __call__(self, doc: Doc) -> list[Match]:
        """The matches in the order of their first tokens."""
        if self._waiting:
            tokens = doc.to_array("LOWER").tolist()
            if not self._waiting.keys().isdisjoint(tokens):
                self._add(self._waiting.keys() & set(tokens))
        found: list[Match] = self._matcher(doc)
        return found

    def complete(self) -> None:
        """Take in all phrases that wait: for many texts that is less work."""
        self._add(list(self._waiting))

    def _add(self, tokens: Iterable[int]) -> None:
        for token in tokens:
            for key, phrases in self._waiting.pop(token).items():
                self._matcher.add(key, list(map(self._pipeline.make_doc, phrases)))
