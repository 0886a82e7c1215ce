"""Names of organisations by how they are written: NHS bodies by their last words, companies by form or introduction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nlp.facet_data import phrase_set
from nlp.facet_model import Facet
from nlp.prefilters import holds

FACET = "organisation"
# Changed when the rules of this module change.
CODE_VERSION = "1"
MAX_BODY_WORDS = 9  # "Bedfordshire, Luton and Milton Keynes Clinical Commissioning Group" has 5 before its last words
MAX_COMPANY_WORDS = 4

_BODY = re.compile(
    r"\b(NHS Foundation Trust|NHS Trust|Hospitals? Trust|University Health Board|Health Board|Local Health Board"
    r"|Clinical Commissioning Groups?|CCG|Primary Care Trust|PCT|Integrated Care Board|Health and Social Care Trust)\b"
)
_FORM = re.compile(r"\b(Ltd|LTD|Limited|plc|PLC|Inc|LLP|GmbH|CIC|c\.i\.c)\b\.?")
# One of these stands wherever the expressions above and below find anything.
_BODY_PARTS = ("Trust", "Board", "Commissioning Group", "CCG", "PCT")
_FORM_PARTS = ("Ltd", "LTD", "Limited", "plc", "PLC", "Inc", "LLP", "GmbH", "CIC", "c.i.c")
_TRIGGERS = (
    *("company", "firm", "start-up", "startup", "spin-out", "spinout", "supplier", "manufacturer", "enterprise"),
    *("ade by", "supplied by", "marketed by", "sold by", "which make", "who make", "which made", "which s"),
)
_NAME = r"(?:[A-Z][\w&’'+-]*|[a-z]{1,2}[A-Z]\w+)(?:\.(?:io|ai|com|co\.uk))?"
_NAMES = rf"({_NAME}(?:[ ](?:{_NAME}|&|[0-9]+))*)"
_AFTER = re.compile(
    rf"(?:company|firm|start-?up|spin-?out|supplier|manufacturer|Made by|made by|supplied by|manufactured by"
    rf"|marketed by|sold by)(?:,)?(?: called| named)?[ ]{_NAMES}"
)
# "Virti, a virtual reality start-up", "CMR Surgical, which makes it"
_APPOSITION = (
    r",[ ](?:(?:an?|the|its)[ ](?:[\w-]+[ ]){0,6}(?:company|firm|start-?up|spin-?out|supplier|manufacturer"
    r"|social enterprise)|(?:which|who)[ ](?:makes?|made|supplies|sells)[ ])"
)
# Opens with a comma and so is far quicker than the whole expression, which most texts then need not be tried with.
_HAS_APPOSITION = re.compile(_APPOSITION)
_APPOSED = re.compile(rf"{_NAMES}{_APPOSITION}")
_SUFFIX = re.compile(r"\s*\b(NHS Foundation Trust|NHS Trust|Foundation Trust|Trust)$")
# "Anne Connolly of Bradford PCT": a person and a body.
_PERSON = re.compile(
    r"(?!(?:\w+ )?(?:\w*Hospitals?|University|Isle|City|County|Royal|Countess) )(?:[A-Z][\w'’-]+ ){2}of (?=[A-Z])"
)
_JOINT = re.compile(r"\b(?:of|and) ")
_WORD = re.compile(r"\S+")
# "Aston University and Knowsley Primary Care Trust" are two.
_WHOLE = frozenset("University College Hospitals Hospital Trust Council Centre Institute Network CCG".split())  # noqa: SIM905
_JOINING = frozenset("and & of the on upon for in with".split())  # noqa: SIM905 - words read better than a list of strings
# A name that holds one of these is no company, or no name at all.
_NO_COMPANY = frozenset(
    (  # noqa: SIM905 - as above
        "nhs university hospital hospitals trust council college institute ahsn network networks department board "
        "commission agency government ministry professor dr mr mrs ms england wales scotland britain uk us eu european "
        "the a an it its in at this that these when for from by with and or our their school centre foundation "
        "charity royal society academy ccg icb british american german french dutch swedish japanese chinese swiss "
        "danish israeli irish canadian australian covid-19 covid march april may june july january february august "
        "september october november december monday ceo chief ai mhra nice gp gps smes sme ltd limited plc inc"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name found: its code (made from the name, or the listed body's), as written, and where."""

    code: str
    label: str
    start: int
    end: int


class NameFinder:
    """Finds names that stand in no list; listed names found here get the code that the list gives them."""

    version = CODE_VERSION

    def __init__(self, facet: Facet | None) -> None:
        self._listed: dict[str, str] = {}
        for value in facet.values if facet else ():
            written = phrase_set([phrase for cue in value.cues for phrase in cue.cased])
            for name in (value.label, _SUFFIX.sub("", value.label), *written):
                self._listed.setdefault(slug(name), value.code)
        self._codes = frozenset(self._listed.values())

    @property
    def listed(self) -> Mapping[str, str]:
        """The codes of the listed bodies by the forms that `slug` makes of their names."""
        return self._listed

    def find(self, text: str) -> Iterator[Name]:
        """The names in a text: NHS bodies, then companies by form, then companies by introduction."""
        for match in _BODY.finditer(text) if holds(text, _BODY_PARTS) else ():
            start = self._listed_start(text, _start_of_body(text, match.start()), match.end())
            yield from self._named(text, start, match.end(), match.start())
        for match in _FORM.finditer(text) if holds(text, _FORM_PARTS) else ():
            yield from self._named(text, _start_of_company(text, match.start()), match.end(), match.start())
        if not holds(text, _TRIGGERS):
            return
        for pattern in (_AFTER, _APPOSED) if _HAS_APPOSITION.search(text) else (_AFTER,):
            for match in pattern.finditer(text):
                yield from self._company(text, match.start(1), match.end(1))

    def _named(self, text: str, start: int, end: int, form: int) -> Iterator[Name]:
        """text[start:end] as a name when words stand before its form."""
        if start < form:
            yield self._name(text, start, end)

    def _listed_start(self, text: str, start: int, end: int) -> int:
        """Where a listed name begins in text[start:end] when words before "of" or "and" do not belong to it."""
        starts = [start, *(start + match.end() for match in _JOINT.finditer(text[start:end]))]
        person = _PERSON.match(text, start, end)
        alone = person.end() if person else start
        return next((place for place in starts if self._code(text[place:end]) in self._codes), alone)

    def _company(self, text: str, start: int, end: int) -> Iterator[Name]:
        """A capitalised run of words as a company unless a word in it speaks against that."""
        words = [word.lower().removesuffix("'s").removesuffix("’s") for word in text[start:end].split()]
        sensible = len(words) <= MAX_COMPANY_WORDS and not _NO_COMPANY.intersection(words)
        if sensible and len(text[start:end]) > 2:
            yield self._name(text, start, end)

    def _name(self, text: str, start: int, end: int) -> Name:
        label = re.sub(r"['’]s$", "", text[start:end].strip(" ,"))
        return Name(self._code(label), label, start, end)

    def _code(self, label: str) -> str:
        """The code of the listed body of this name, with or without its last words, or one made from the name."""
        code = slug(label)
        return self._listed.get(code) or self._listed.get(slug(_SUFFIX.sub("", label)), code)


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """A name as a code: lower case, words parted by hyphens, without its legal form."""
    plain = re.sub(r"\b(ltd|limited|plc|inc|llp|gmbh|cic|c\.i\.c)\b\.?$", "", name.strip().lower())
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’]", "", plain.replace("&", " and "))).strip("-")


def _start_of_body(text: str, form: int) -> int:
    """Where the capitalised words before `form` begin; joining words may stand among them, not first."""
    words = list(_WORD.finditer(text, max(0, form - 120), form))[-MAX_BODY_WORDS:]
    start = form
    for word in reversed(words):
        plain = word.group().lstrip("(\"'“‘")
        if word.group().endswith((".", ";", ":", ")")) or (plain not in _JOINING and not plain[:1].isupper()):
            break
        if word.group().endswith(",") or (start < form and plain in _WHOLE and text.startswith("and ", word.end() + 1)):
            break
        if plain[:1].isupper() and plain.lower() not in ("the", "at", "with", "an", "a", "in", "from", "local"):
            start = word.start() + len(word.group()) - len(plain)
    return start


def _start_of_company(text: str, form: int) -> int:
    """Where the at most four capitalised words before `form` begin."""
    words = list(_WORD.finditer(text, max(0, form - 60), form))[-MAX_COMPANY_WORDS:]
    start = form
    for word in reversed(words):
        plain = word.group().lstrip("(\"'“‘")
        capital = plain[:1].isupper() or plain[:1].isdigit() or any(map(str.isupper, plain)) or plain == "&"
        if not capital or word.group().endswith((".", ",", ";", ":", ")")) or plain.lower() in _NO_COMPANY:
            break
        start = word.start() + len(word.group()) - len(plain)
    return start
