"""Labelled texts among what stands around them on real sites: menus, teasers of other subjects, slogans, footers."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from crawler.demo.wording import paragraphs, sentences
from nlp.annotations import Document

BOILERPLATE_FOLDER = Path(__file__).parent / "boilerplate"
SEED = 20_261
LENGTHS_WORDS = (600, 1_500, 3_000)
CAROUSEL_FROM_WORDS = 900  # a longer page has a block above its text
LIST_TEASERS = 5
TITLED_SHARE = 2 / 3  # of pages whose title also stands in their text: a crawler that takes one element often has none
# Into the text goes one of these kinds, between two of its paragraphs.
ASIDES = ("slogans", "newsletters", "testimonials", "teasers")
TEASER_HEADINGS = ("Related articles", "Latest news", "You may also like", "More from us", "Read next")
LINK_HEADINGS = ("Most read", "In the news", "Recent posts")
READ_MORE = ("Read more", "Find out more", "Continue reading")
TEASER_STYLES = ("{title}\n{text}\n{more}", "{title}\n{text}", "{text} {more}", "{title} – {text}")
SHORT_PARAGRAPHS_SHARE = 1 / 3
Block = list[str]


@lru_cache(maxsize=2)
def load_boilerplate(name: str) -> dict[str, Any]:
    """The boilerplate file of this name ("development", "measuring"), by kind of block."""
    read: dict[str, Any] = yaml.safe_load((BOILERPLATE_FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return read


def surrounded(document: Document, words: int, boilerplate: str) -> Document:
    """The document as a page of about `words` words; the same for the same id, length and boilerplate."""
    chance = random.Random(f"{SEED} {document.id} {words}")  # noqa: S311 - varies pages, guards nothing
    site, body = Surroundings(load_boilerplate(boilerplate), chance), text_paragraphs(document.text, chance)
    titled = chance.random() < TITLED_SHARE
    head, foot, aside = site.head(document.title if titled else ""), site.foot(), site.aside()
    place = chance.randrange(1, len(body)) if len(body) > 1 else len(body)
    heading = [document.title, *site.furniture()] if titled else site.furniture()
    main = [*heading, *body[:place], *aside, *body[place:]]
    carousel = site.block() if words > CAROUSEL_FROM_WORDS else []
    after = site.fill(words - word_count([*head, *carousel, *main, *foot]))
    return Document(document.id, document.title, "\n\n".join([*head, *carousel, *main, *after, *foot]))


def text_paragraphs(text: str, chance: random.Random) -> Block:
    """The text in two to four paragraphs or, on one page in three, in one of two sentences after the other."""
    if chance.random() >= SHORT_PARAGRAPHS_SHARE:
        return paragraphs(text)
    pieces = sentences(text)
    return [" ".join(pieces[start : start + 2]) for start in range(0, len(pieces), 2)]


def opening(document: Document, words: int) -> Document:
    """The document with the first `words` words of its text alone."""
    return Document(document.id, document.title, " ".join(document.text.split()[:words]))


class Surroundings:
    """What stands on one page: every item of the boilerplate once at most, in an order left to chance."""

    def __init__(self, boilerplate: dict[str, Any], chance: random.Random) -> None:
        self._kinds = {kind: chance.sample(items, len(items)) for kind, items in boilerplate.items()}
        self._chance, self._style = chance, chance.choice(TEASER_STYLES)
        self._aside = self._block_of(chance.choice(ASIDES))
        self._blocks = self._shuffled()

    def head(self, title: str) -> Block:
        """Cookie banner, menu, notice and, where a title is shown, the breadcrumb that ends in it."""
        crumb = [f"Home » News » {title}"] if title else []
        return [self._kinds["cookies"][0], *self._kinds["menus"][0], self._kinds["banners"][0], *crumb]

    def furniture(self) -> Block:
        """What can be done with the page."""
        return list(self._kinds["furniture"][0])

    def aside(self) -> Block:
        """What interrupts the text."""
        return self._aside

    def foot(self) -> Block:
        """Newsletter and footer."""
        return [self._kinds["newsletters"][0], *self._kinds["footers"][0]]

    def block(self) -> Block:
        """The next block; empty when all are used."""
        return self._blocks.pop() if self._blocks else []

    def fill(self, words: int) -> Block:
        """Blocks of `words` words, the last one cut after a line; fewer when all are used."""
        lines: Block = []
        while words > 0 and (block := self.block()):
            for line in block:
                if words > 0:
                    lines.append(line)
                    words -= word_count([line])
        return lines

    def _block_of(self, kind: str) -> Block:
        return self._lines(kind, self._kinds[kind].pop())

    def _shuffled(self) -> list[Block]:
        blocks = [[self._pick(LINK_HEADINGS), *self._kinds["links"]], *map(list, self._kinds["departments"])]
        for kind in ("about", "notices", "policies", "slogans", "stories", "testimonials"):
            blocks += [self._lines(kind, item) for item in self._kinds[kind]]
        teasers = self._kinds["teasers"]
        blocks += [
            self._teaser_list(teasers[start : start + LIST_TEASERS]) for start in range(0, len(teasers), LIST_TEASERS)
        ]
        return self._chance.sample(blocks, len(blocks))

    def _teaser_list(self, teasers: Iterable[dict[str, str]]) -> Block:
        lines = (line for teaser in teasers for line in self._lines("teasers", teaser))
        return [self._pick(TEASER_HEADINGS), *lines]

    def _lines(self, kind: str, item: Any) -> Block:
        if kind == "testimonials":
            return [f"“{item['text']}”", item["by"]]
        if kind == "teasers":
            return self._style.format(**item, more=self._pick(READ_MORE)).split("\n")
        if kind == "stories":
            return [item["title"], *item["paragraphs"]]
        return [item] if isinstance(item, str) else [item["title"], item["text"]]

    def _pick(self, choices: tuple[str, ...]) -> str:
        return self._chance.choice(choices)


def word_count(lines: Iterable[str]) -> int:
    """How many words the lines have."""
    return sum(len(line.split()) for line in lines)
