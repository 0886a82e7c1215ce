"""The model card: what the models are, their figures, and where they fall short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nlp.breakdown import Part, as_table
from nlp.classifiers import Models
from nlp.evaluate import Figure
from nlp.fitting import SEED


def card(
    models: Models, validated: Mapping[str, Figure], dev: Mapping[str, Figure], corpus: str, found: Sequence[Part]
) -> str:
    """The card in markdown; corpus is the corpus' digest, found: the cross-validated figures part by part."""
    rows = [f"| {name} | {_cell(dev[name])} | {_cell(validated[name])} |" for name in dev]
    return CARD.format(
        rows="\n".join(rows),
        parts=as_table(found),
        corpus=corpus,
        seed=SEED,
        terms=len(models.vocabulary),
        limits=", ".join(f"{limit:.3f}" for limit in models.thresholds),
        fallback=models.fallback,
        listing=f"{models.listing_threshold:.3f}",
    )


def _cell(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}] | {figure.positives}"


CARD = """# Model card: the tagger's models

Written by `python -m nlp.train` (`make models`); do not edit. Corpus {corpus}, seed {seed}, {terms} words and pairs.

**What it is.** Per theme a logistic regression over the document: its words (TF-IDF, single words and pairs), the
taxonomy's cues, its word classes (46 kinds of words: staff, companies, verbs of shaping) and its static sentence
vector; and one of the same make over each sentence, fitted to the annotators' quotes. A small logistic regression
blends the document's log odds, the best sentence's and the pooled sentences' into one calibrated probability; it is
fitted on out-of-fold scores. Among a document's sentences the evidence is chosen by the sentence's score and by how
it stands in the text (place, length, likeness to the title, reported speech), weights fitted to the quotes. The
primary theme is chosen among the given ones by a multinomial regression that reads title and first sentence apart,
together with the probabilities. Listing or not: page rules, words, classes and vector together. Pledge criteria,
enablers, facets and figures are rules and have no fitted part. [METHODS.md](../../docs/METHODS.md) compares this with
simpler ways.

**Thresholds**, in the themes' order: {limits}. A listing that reaches none is given its best theme from {fallback}; a
page is kept from a listing probability of {listing}. All are chosen by grouped cross-validation inside train +
single; dev is only measured.

**Meant for** English pages about health and care innovations in the UK. A tag is a suggestion with its sentence, for
a person to check. Not meant for judging an innovation, an organisation or a person: "not evidenced" says nothing
about the thing itself.

**Figures** (95 % bootstrap intervals over texts; n: positives). The right-hand columns repeat the fitting on four
fifths of the corpus and measure on the texts of train + single in the fifth left out; innovations known or thought to
be the same are never on both sides. But cues, criteria phrases and page rules were written by hand with train +
single in view and are the same in every fold: there **criteria and verdicts are in-sample**, listing figures partly
so, and theme figures optimistic. Dev is the harder set (plain TF-IDF with logistic regression fitted on train +
single reaches a macro-F1 of 0.45 there, and 0.46 on train + single when probable duplicates are kept together) and
the fairer column. Its texts were not read and no setting was chosen on it; it was measured several times while this
was built, and after one look at its figures per theme more cues were written, kept or dropped by cross-validation: it
is not wholly untouched. Fewer than 30 positives prove nothing alone, and four themes have fewer on dev. The
calibration error is biased upward on a set as small as dev: its bootstrap interval lies above the value.

| figure | dev | n | train + single (see above) | n |
| --- | --- | --- | --- | --- |
{rows}

**Part by part**, cross-validated on train + single. Figures of the same text are not independent; a difference within
the intervals says nothing.

{parts}

**Where it falls short.** Themes that rest on a relation rather than on words (industry, co-production) and themes
that many texts brush (spread and adoption) are the weakest. The evidence is often another sentence than the
annotators'. Texts in the corpus have 80 to 270 words; on longer pages menus and banners are set aside by rule, and a
page about several innovations is tagged as one.
"""
