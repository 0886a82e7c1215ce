"""Personal data left out at the door: e-mail addresses, telephone and NHS numbers, blocks of contact details. Pure.

Names in prose stay, for innovators are credited. What is taken out of a sentence leaves REMOVED behind; a sentence or
block that only says how to get in touch goes as a whole, and the names in it with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import phonenumbers
from nhs_number.validate import is_valid

from crawler.items import Facts, Listing

REMOVED = "[removed]"
AT = r"(?:@|＠|%40|\s?[\[({]\s?at\s?[\])}]\s?)"
DOT = r"(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?)"
EMAIL = re.compile(
    rf"(?<![\w.+'’-])(?:mailto:)?[\w.+'’-]++{AT}(?:[\w-]++{DOT})+[a-z]{{2,24}}\b|\[email\s{{0,3}}protected\]",
    re.IGNORECASE,
)
TEN_DIGITS = re.compile(r"(?<![\d£$€.,])(?:\d{10}|\d{3}([ -])\d{3}\1\d{4})(?!\d|,\d)")
NHS_CONTEXT = re.compile(r"\bNHS\s*(?:number|no\b|num\b|id\b|#)|\bpatient (?:number|id)\b", re.IGNORECASE)
CONTEXT_REACH = 60  # characters before ten digits in which "NHS number" stands; chosen
PHONE_DIGITS_MIN = 10  # with the leading zero; shorter ones are ranges, dates and references
# As numbers are dialled: from a + or a zero on, nothing written on them that would make them part of something else.
PHONE = re.compile(
    r"(?<![\w.,/£$€-])(?:\+|\(?0)[\d ().\u2010-\u2013-]{8,24}(?<=\d)(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?![\w£$€])"
)
# A service's own line is no person's number: it is what the innovation offers.
SERVICE_LINE = re.compile(
    r"\b(?:help|hot|support|crisis|advice|text|information|response|referral)[\s-]?lines?\b|\bfreephone\b|\bNHS 111\b",
    re.IGNORECASE,
)
SERVICE_REACH = 80  # characters before a number in which its line is named; chosen

MAY_HOLD = re.compile(r"[@＠+\d\[({]")  # cheap, so that most lines cost no more

CONTACT_CUE = re.compile(
    r"\b(?:contact|e-?mail|get in touch|enquir\w+|inquir\w+|call|phone|telephone|ring|speak to|write to|reach|tel|mob|"
    r"mobile|fax|more information|further information|register|rsvp|press office)\b",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"^\W*(?:(?:press|media|for|key|main|project|programme|general|clinical|lead|further|more|all|any|information)\s+){0,3}"
    r"(?:contacts?|contact (?:details|us|information|person|name)|enquiries|e-?mail|tel|telephone|phone|mobile|mob|fax|"
    r"notes to editors contact)\b\s*(?:[:–-]|$)",
    re.IGNORECASE,
)
NOT_A_CONTACT = re.compile(r"\b(?:with|tracing|lens|lenses|time|between|hours)\b", re.IGNORECASE)
BLOCK_WORDS_MAX = 9  # a longer line is prose
BLOCK_REACH = 3  # lines of a block above or below one that has the address or the number; chosen
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"'(\[])")
EMPTY_BRACKETS = re.compile(r"\s*[(\[<]\s*(?:\[removed\][\s,.;/|]*)+[)\]>]")
CONTACT_KEY = re.compile(r"e-?mail|phone|mobile|\bfax|contact", re.IGNORECASE)
Part = TypeVar("Part", Facts, Listing)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what was found in it; found counts it by kind: e-mail, telephone, NHS number, contact block."""

    text: str
    found: Counter[str] = field(default_factory=Counter)


def redact(text: str) -> Redacted:
    """The text, paragraphs or lines parted by newlines, without contact details; unchanged where there are none."""
    lines = text.split("\n")
    spans = [list(_spans(line)) for line in lines]
    labelled = [_is_labelled(line) for line in lines]
    if not any(spans) and not any(labelled):
        return Redacted(text)
    found = Counter(kind for of_line in spans for *_, kind in of_line)
    block = _block(lines, [bool(one) for one in spans], labelled)
    found["contact block"] += len(block)
    kept = [
        _without(line, of_line) if of_line else line
        for place, (line, of_line) in enumerate(zip(lines, spans, strict=True))
        if place not in block
    ]
    return Redacted(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), +found)


def redact_line(line: str) -> str:
    """One line, for messages and titles: what is found is taken out and nothing else."""
    return _cut(line, list(_spans(line)))


def redact_value(value: object) -> object:
    """A JSON-able value: contact details taken out of all strings, keys that name contact details left out."""
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, Mapping):
        return {key: redact_value(one) for key, one in value.items() if not CONTACT_KEY.search(str(key))}
    if isinstance(value, list | tuple):
        return [redact_value(one) for one in value]
    return value


def redact_fields(part: Part) -> tuple[Part, Counter[str]]:
    """A listing, or the facts of one, without contact details, and what was found in title and text."""
    title, text = redact_line(part.title or ""), redact(part.text or "")
    found = text.found + Counter(kind for *_, kind in _spans(part.title or ""))
    extra = redact_value(part.extra)
    assert isinstance(extra, dict)
    changed: dict[str, object] = {"extra": extra}
    changed |= {name: value for name, value in (("title", title), ("text", text.text)) if getattr(part, name)}
    changed |= {name: redact_line(getattr(part, name)) for name in ("publisher", "record_id") if getattr(part, name)}
    return replace(part, **changed), found  # type: ignore[arg-type]


def names_a_person(address: str) -> bool:
    """Whether an address holds an e-mail address, so that it must be neither asked for nor stored."""
    return EMAIL.search(address) is not None


# --- what is found


def _spans(line: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what must not be kept, in order, not overlapping."""
    if not MAY_HOLD.search(line):
        return
    found = [(match.start(), match.end(), "e-mail") for match in EMAIL.finditer(line)]
    found += _nhs_numbers(line)
    found += _telephones(line)
    reached = -1
    for start, end, kind in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= reached:
            yield start, end, kind
            reached = end


def _nhs_numbers(line: str) -> Iterator[tuple[int, int, str]]:
    """Ten digits with the right checksum, where the words before say so or they are written in threes and four."""
    for match in TEN_DIGITS.finditer(line):
        before = line[max(0, match.start() - CONTEXT_REACH) : match.start()]
        if (match.group(1) or NHS_CONTEXT.search(before)) and is_valid(re.sub(r"\D", "", match.group())):
            yield match.start(), match.end(), "NHS number"


def _telephones(line: str) -> Iterator[tuple[int, int, str]]:
    """Numbers as they are dialled, with a leading zero or +; those of a service's own line stay."""
    for match in PHONE.finditer(line):
        length = _dialled(match.group())
        before = line[max(0, match.start() - SERVICE_REACH) : match.start()]
        if length and not SERVICE_LINE.search(before):
            said = match.group()[:length]
            opens = said.startswith("(") and ")" not in said  # a bracket around the number, not around its first part
            yield match.start() + opens, match.start() + length, "telephone"


def _dialled(said: str) -> int:
    """How many of these characters are a number that can be dialled; 0 for none. What follows it may be another."""
    for length in (len(said), *(match.start() for match in reversed(list(re.finditer(r"[ .-]", said))))):
        digits = sum(character.isdigit() for character in said[:length])
        if digits < PHONE_DIGITS_MIN:
            return 0
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(said[:length], "GB")):
                return length
        except phonenumbers.NumberParseException:
            continue
    return 0


# --- what is taken out


def _is_labelled(line: str) -> bool:
    """Whether a short line is headed as contact details ("Media contact: Jane Smith")."""
    return len(line.split()) <= BLOCK_WORDS_MAX and LABEL.match(line) is not None and NOT_A_CONTACT.search(line) is None


def _block(lines: list[str], has_span: list[bool], labelled: list[bool]) -> set[int]:
    """The lines that are contact details as a whole: those with an address or a number and little else, those headed
    so, and the short lines between or right beside them (a name, a post)."""
    seeds = {
        place
        for place, line in enumerate(lines)
        if labelled[place] or (has_span[place] and len(_cut(line, list(_spans(line))).split()) <= BLOCK_WORDS_MAX)
    }
    block = {place for place in seeds if labelled[place] or not _is_sentence(lines[place])}
    if not any(has_span[place] for place in seeds) and not any(_names(lines[place]) for place in seeds):
        return {place for place in block if _is_filled(lines, place)}
    for seed in sorted(block):
        for step in (-1, 1):
            place, taken = seed + step, 0
            while 0 <= place < len(lines) and taken < BLOCK_REACH:
                if lines[place].strip():
                    if place in block or not _is_short(lines[place]):
                        break
                    block.add(place)
                    taken += 1
                place += step
    return block


def _is_filled(lines: list[str], place: int) -> bool:
    """Whether something follows a label on its line; a heading "Contact" with nothing to it is left alone."""
    match = LABEL.match(lines[place])
    return match is not None and bool(lines[place][match.end() :].strip())


def _names(line: str) -> bool:
    """Whether a labelled line has words after its label that begin with capitals, as names do."""
    match = LABEL.match(line)
    return match is not None and re.search(r"[A-Z][\w’'-]+\s+[A-Z]", line[match.end() :]) is not None


def _is_short(line: str) -> bool:
    """Whether a line may be a name, a post or an organisation in a block: few words, mostly capitals, no sentence."""
    words = [word for word in re.findall(r"[\w’'-]+", line) if len(word) > 3 or word[:1].isupper()]
    return bool(words) and len(words) <= 6 and not _is_sentence(line) and all(word[:1].isupper() for word in words)


def _is_sentence(line: str) -> bool:
    return line.rstrip().endswith((".", "!", "?")) and len(line.split()) > 4


def _without(line: str, spans: list[tuple[int, int, str]]) -> str:
    """A line of prose: sentences that say how to get in touch go, in others what was found is taken out."""
    kept: list[str] = []
    start = 0
    ends = [match.start() for match in SENTENCE_END.finditer(line) if not _inside(match.start(), spans)]
    for end in [*ends, len(line)]:
        inner = [(max(a - start, 0), b - start, kind) for a, b, kind in spans if start <= a < end]
        sentence = line[start:end]
        if not inner or not (CONTACT_CUE.search(sentence) and any(kind != "NHS number" for *_, kind in inner)):
            kept.append(_cut(sentence, inner))
        start = end
    return re.sub(r"  +", " ", "".join(kept)).strip()


def _inside(place: int, spans: list[tuple[int, int, str]]) -> bool:
    return any(start < place < end for start, end, _ in spans)


def _cut(text: str, spans: list[tuple[int, int, str]]) -> str:
    if not spans:
        return text
    for start, end, _ in reversed(spans):
        text = f"{text[:start]}{REMOVED}{text[end:]}"
    return EMPTY_BRACKETS.sub("", text)
