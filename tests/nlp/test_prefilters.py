"""What rules an expression out never rules out something that the expression finds."""

import re

import pytest

from nlp.corpus_data import load_examples
from nlp.filtration import PageRules
from nlp.prefilters import folded, holds
from nlp.reading import is_prose
from nlp.taxonomy_data import default_taxonomy
from nlp.taxonomy_model import Reason

BANNERS = (
    *(
        "we use cookies",
        "this site uses cookies",
        "this website uses cookies",
        "accept cookies",
        "cookie settings",
        "cookie preferences",
    ),
    *("all rights reserved", "skip to content", "sign up to our newsletter", "sign up for the bulletin"),
    *(
        "subscribe to our",
        "follow us on",
        "share this page",
        "back to top",
        "registered office n",
        "registered charity n",
    ),
    *("registered company n", "registered in england", "read more about our", "javascript", "your browser"),
    *("privacy policy", "privacy notice", "terms and conditions", "terms & conditions", "login to your"),
    *("log in to your", "site©", "copyright 2024"),
)


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("spelled", [str, str.upper, str.title, lambda text: text.replace("s", "ſ").replace("k", "K")])
def test_no_banner_escapes_in_any_spelling(banner, spelled):
    assert is_prose("Staff of the ward saw far fewer falls.")
    assert not is_prose(f"Staff of the ward saw: {spelled(banner)} and more.")


@pytest.mark.parametrize("letter", ["İ", "ı", "ſ", "K", "S", "K"])
def test_folded_text_holds_what_an_expression_of_any_case_takes_for_a_letter(letter):
    plain = folded(letter)
    assert plain in "iks" and re.fullmatch(plain, letter, re.IGNORECASE)
    assert holds(folded(f"A {letter}"), [f"a {plain}"]) and not holds(folded(f"A {letter}"), ["b", "c"])


def test_one_pass_over_a_title_finds_what_any_rule_finds():
    rules = PageRules(default_taxonomy().reasons)
    found = 0
    for example in load_examples("train", "single"):
        for text in (example.document.title.lower(), " ".join(example.document.text[:300].lower().split())):
            titled = [p for rule in rules._rules for p in rule.title if re.search(p.pattern, text, re.IGNORECASE)]
            opened = [p for rule in rules._rules for p in rule.opening if re.search(p.pattern, text, re.IGNORECASE)]
            assert bool(rules._titles.search(text)) == bool(titled)
            assert bool(rules._openings.search(text)) == bool(opened)
            found += bool(titled or opened)
    assert found > 20


@pytest.mark.parametrize(
    ("pattern", "title"),
    [(r"\bFAQs?\b", "faqs of the service"), (r"\bvacancy\b", "a vacancy"), (r"(\w)\1\1", "see www pages")],
)
def test_expressions_with_capitals_or_references_still_find(pattern, title):
    reasons = [Reason(code="x", reason="odd", title=(r"\b(job)\b", pattern)), *default_taxonomy().reasons[-2:]]
    rules = PageRules(reasons)
    assert rules._titles.search(title)
    assert rules._judge(rules._rules[0], title, None, {}).points > 0
