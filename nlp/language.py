"""The spaCy pipeline: English tokens, and sentence boundaries by rule with exact character offsets; no model file."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# The longest crawled pages run to 3,000 words, about 20,000 characters; beyond five times that nothing is read.
MAX_TEXT_CHARACTERS = 100_000
# No English word is this long; tokenising one run of punctuation takes time quadratic in its length.
MAX_RUN_CHARACTERS = 200
# Stretches between spaces that the tokenizer remembers; each takes some 100 bytes, and without room for a new one it is
# taken apart anew each time. With spaCy's own 10,000 a text of the corpus takes four times as long.
MAX_REMEMBERED_PIECES = 200_000
COMPONENT = "rule_sentences"

# Never the end of a sentence, whatever follows.
TITLES = frozenset(
    "dr mr mrs ms prof rev hon sir st messrs fig figs eq ref refs approx ca cf vs viz e.g i.e eg ie".split()  # noqa: SIM905 - words read better than a list of strings
)
# Before a number they abbreviate ("No. 5", "pp. 3-4"); before a word they end a sentence ("The answer was no.").
BEFORE_NUMBER = frozenset(
    "no nos p pp vol art sec ch para jan feb mar apr jun jul aug sep sept oct nov dec".split()  # noqa: SIM905 - as above
)
# Abbreviations that may close a sentence: only a usual opening word after them does.
AMBIGUOUS = frozenset(
    "inc ltd co corp plc al u.k u.s u.n n.h.s ph.d m.d b.sc m.sc a.m p.m etc dept gov univ".split()  # noqa: SIM905
)
OPENERS = frozenset(
    (  # noqa: SIM905 - as above
        "a an and after all as at but by each for from he here his however if in it its many most no now of on one our "
        "she since so some such that the their then there these they this those to two under we what when where while "
        "who with you"
    ).split()
)

_CLOSERS = "\"'”’)\\]»"
# Each opens with a set of characters, which the engine skips to; a look-behind would be tried at every character.
_STOP = re.compile(rf"[.!?…。！？](?:(?<=[.!?…])[{_CLOSERS}]*[ \t\u00a0]+|(?<=[。！？])[。！？]*)")
_LINE = re.compile(r"[\n\r\v\f\x85\u2028\u2029]\s*")
_BULLET = re.compile(r"[•●▪‣◦·∙■►✓✔](?<=[ \t].)(?=[ \t])")
_LAST_WORD = re.compile(rf"([^\s(\[\"'“‘]+?)[{_CLOSERS}]*$")
_NEXT_WORD = re.compile(r"[\"'“‘(\[]*([^\s\"'”’)\],.;:!?]*)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONG_RUN = re.compile(rf"\S{{{MAX_RUN_CHARACTERS},}}")
_BULLET_MARK = re.compile(r"(?:[•●▪‣◦·∙■►✓✔*–—-]|\(?\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: text == the document's text[start:end], without the white space and bullet around it."""

    text: str
    start: int
    end: int


def readable(text: str) -> str:
    """The text as spaCy can read it, each character at its offset: lone surrogates and endless runs are blanked."""
    text = text[:MAX_TEXT_CHARACTERS]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    return _LONG_RUN.sub(lambda match: " " * len(match.group()), text) if _may_run_on(text) else text


def _may_run_on(text: str) -> bool:
    """Whether a run of MAX_RUN_CHARACTERS may be there: it would hold one of these places, far from any space."""
    half = MAX_RUN_CHARACTERS // 2
    return any(
        text.rfind(" ", place - half, place) < 0 or text.find(" ", place, place + half) < 0
        for place in range(MAX_RUN_CHARACTERS - 1, len(text), MAX_RUN_CHARACTERS)
    )


def boundaries(text: str) -> list[int]:
    """Offsets at which a sentence starts, 0 not counted, ascending."""
    found = {match.end() for match in _STOP.finditer(text) if _ends_sentence(text, match)}
    found.update(match.end() for match in _LINE.finditer(text) if _ends_line(text, match))
    found.update(match.start() for match in _BULLET.finditer(text))
    return sorted(offset for offset in found if 0 < offset < len(text))


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether the full stop that `match` begins with closes a sentence."""
    following = _NEXT_WORD.match(text, match.end())
    word = following.group(1) if following else ""
    if word[:1].islower():
        return False
    stop = match.start()
    if text[stop] != ".":
        return True
    last = _LAST_WORD.search(text, max(0, stop - 20), stop)
    return not last or not _abbreviates(last.group(1).lower(), word)


def _abbreviates(last: str, following: str) -> bool:
    """Whether the full stop after the word `last` (lower case) belongs to it, given the word that follows."""
    last = last.rstrip(".")
    if last in TITLES:
        return True
    if last in BEFORE_NUMBER:
        return following[:1].isdigit()
    initial = len(last) == 1 and last.isalpha()
    return (initial or last in AMBIGUOUS) and following.lower() not in OPENERS


def _ends_line(text: str, match: re.Match[str]) -> bool:
    """A line break ends a sentence unless the text runs on: the line is not closed and the next is in lower case."""
    blank_line = len(match.group().replace("\r\n", "\n").splitlines()) > 1
    if blank_line or not text[match.end() : match.end() + 1].islower():
        return True
    return text[max(0, match.start() - 20) : match.start()].rstrip().endswith((".", "!", "?", ":", ";"))


def sentences(text: str) -> list[Sentence]:
    """The sentences of `text` (already `readable`) in order; pieces without a letter or digit are left out."""
    edges = [0, *boundaries(text), len(text)]
    pieces = (_trimmed(text, start, end) for start, end in pairwise(edges))
    return [piece for piece in pieces if piece is not None]


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    """The piece without surrounding white space and leading bullet, or None when no letter or digit is left."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    mark = _BULLET_MARK.match(text, start, end)
    start = mark.end() if mark else start
    piece = text[start:end].rstrip()
    return Sentence(piece, start, start + len(piece)) if piece[:1].isalnum() or any(map(str.isalnum, piece)) else None


@cache
def language() -> Language:
    """The blank English pipeline with this module's sentence boundaries; made once a process (0.5 s, mostly import)."""
    spacy = _spacy()
    from spacy.language import Language

    def mark_sentences(doc: Doc) -> Doc:
        starts = set(boundaries(doc.text))
        opens = True
        for token in doc:
            opens = opens or token.idx in starts
            token.is_sent_start = opens and not token.is_space
            opens = opens and token.is_space
        return doc

    Language.component(COMPONENT, func=mark_sentences)
    pipeline: Language = spacy.blank("en")
    tokenizer, vocabulary = cast("Any", pipeline.tokenizer), cast("Any", pipeline.vocab)
    tokenizer.max_cache_size = MAX_REMEMBERED_PIECES
    # What else spaCy works out for each new word is used by nothing here.
    used = [vocabulary.strings[attribute] for attribute in ("LOWER", "IS_SPACE")]
    vocabulary.lex_attr_getters = {attribute: vocabulary.lex_attr_getters[attribute] for attribute in used}
    pipeline.add_pipe(COMPONENT)
    return pipeline


def _spacy() -> ModuleType:
    """spaCy without its command line, whose libraries (httpx, rich, typer) take a third of the time of its import.

    Stand-ins are there during the import alone: `import spacy.cli` and `spacy.info()` work as ever afterwards.
    """
    if "spacy" not in sys.modules:
        package, module = ModuleType("spacy.cli"), ModuleType("spacy.cli.info")
        package.__path__ = []
        module.__dict__["info"] = _spacy_info
        stand_ins = {one.__name__: one for one in (package, module)}
        sys.modules.update(stand_ins)
        try:
            importlib.import_module("spacy")
        finally:
            for name in stand_ins:
                del sys.modules[name]
    return importlib.import_module("spacy")


def _spacy_info(*given: Any, **named: Any) -> Any:
    """`spacy.info`, imported when it is called."""
    return importlib.import_module("spacy.cli.info").info(*given, **named)
