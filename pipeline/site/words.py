"""What a person typed, as a full-text query that can never be a syntax error."""

from __future__ import annotations

import re

WORDS_LIMIT = 24  # words taken from one search; FTS5 parses a few hundred, nobody types as many
LENGTH_LIMIT_CHARACTERS = 300  # a sentence pasted as a search; the rest is not looked at
TERM = re.compile(r'"([^"]*)"|(\S+)')


def terms(typed: str) -> list[str]:
    """The searchable terms: a phrase in double quotes is one, so is each other word; a closing * asks for a beginning.

    >>> terms('falls "care home" prevent*')
    ['falls', 'care home', 'prevent*']
    """
    found = [phrase or word for phrase, word in TERM.findall(typed[:LENGTH_LIMIT_CHARACTERS])]
    cleaned = [re.sub(r'[\x00-\x1f"]+', " ", term).strip() for term in found]
    return [term for term in cleaned if any(character.isalnum() for character in term)][:WORDS_LIMIT]


def match_expression(typed: str, *, any_word: bool = False) -> str | None:
    """The FTS5 query for what was typed, every term quoted; None when there is nothing to search for."""
    quoted = []
    for term in terms(typed):
        beginning = term.endswith("*")
        quoted.append('"' + term.rstrip("*") + '"' + (" *" if beginning else ""))
    return (" OR " if any_word else " AND ").join(quoted) or None
