"""The model card: what the models are, their figures, and where they fall short."""

from __future__ import annotations

from collections.abc import Mapping

from nlp.classifiers import Models
from nlp.evaluate import Figure
from nlp.fitting import SEED


def card(models: Models, validated: Mapping[str, Figure], dev: Mapping[str, Figure], corpus: str) -> str:
    """The card in markdown; corpus is the corpus' digest."""
    rows = [f"| {name} | {_cell(dev[name])} | {_cell(validated[name])} |" for name in dev]
    return CARD.format(
        rows="\n".join(rows),
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

**What it is.** Per theme a logistic regression over the document's words (TF-IDF, single words and pairs) and the
taxonomy's cues, and one over each sentence, fitted to the annotators' quotes. A small logistic regression blends the
document's log odds, the best sentence's and the pooled sentences' into one calibrated probability; it is fitted on
out-of-fold scores. The sentence model also gives the evidence. The primary theme is chosen among the given ones by a
multinomial regression together with the probabilities. Listing or not: page rules and words together. Pledge criteria
and region names are rules over phrases and have no fitted part.

**Thresholds**, in the themes' order: {limits}. A listing that reaches none is given its best theme from {fallback}; a
page is kept from a listing probability of {listing}. All are chosen by grouped cross-validation inside train + single;
dev is only measured.

**Meant for** English pages about health and care innovations in the UK. A tag is a suggestion with its sentence, for a
person to check. Not meant for judging an innovation, an organisation or a person: "not evidenced" says nothing about
the thing itself.

**Figures** (95 % bootstrap intervals; n: positives). The right-hand columns repeat the fitting on four fifths of
train + single and measure on the fifth left out. But cues, criteria phrases and page rules were written by hand with
all of that part in view and are the same in every fold: there **criteria and verdicts are in-sample**, listing figures
partly so, and theme figures optimistic. Dev is the fairer column. Its texts were not read and no setting was chosen on
it; it was measured several times while this was built, and after one look at its figures per theme more cues were
written, kept or dropped by cross-validation: it is not wholly untouched. Fewer than 30 positives prove nothing alone.
The calibration error is biased upward on a set as small as dev: its bootstrap interval lies above the value.

| figure | dev | n | train + single (see above) | n |
| --- | --- | --- | --- | --- |
{rows}

**Where it falls short.** Themes that rest on a relation rather than on words (industry, co-production) and themes that
many texts brush (spread and adoption) are the weakest. The evidence is often another sentence than the annotators'.
Few pages in the corpus are no listings. Texts in the corpus have 80 to 270 words; on longer pages menus and banners are
set aside by rule, and a page about several innovations is tagged as one.
"""
