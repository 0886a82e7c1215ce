"""The report's ten enablers: rules over phrases, and the sentences of themes and criteria that carry one with them."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.annotations import Annotation
from nlp.evidence import quoted
from nlp.matchers import Finding, RuleMatcher
from nlp.reading import Reading
from nlp.taxonomy_model import Enabler, Taxonomy

METHOD_ENABLERS = "rule:enablers"
# Changed when the code that makes enablers changes, so that stored ones are made anew.
CODE_VERSION = "1"
MAX_MATCHED = 5  # phrases named in an annotation's detail


class Enablers:
    """Finds enablers in a reading; made once from the taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._enablers = taxonomy.enablers
        self._rules = RuleMatcher(taxonomy.enablers, "enabler", (), taxonomy.enabler_decoys)

    def annotations(self, reading: Reading, given: Sequence[Annotation]) -> list[Annotation]:
        """At most one annotation an enabler, in the taxonomy's order; `given`: the themes and criteria found before."""
        findings = {finding.code: finding for finding in self._rules.findings(reading.hits)}
        made = (_annotation(reading, enabler, findings.get(enabler.code), given) for enabler in self._enablers)
        return [one for one in made if one is not None]


def _annotation(
    reading: Reading, enabler: Enabler, finding: Finding | None, given: Sequence[Annotation]
) -> Annotation | None:
    """What the enabler's own phrases say; else what the first tag that carries it says, criteria before themes."""
    if finding is not None:
        evidence = quoted(reading, finding.sentence, finding.focus)
        matched = sorted({phrase.lower() for phrase in finding.matched})[:MAX_MATCHED]
        return Annotation(
            "enabler", enabler.code, finding.score, evidence, METHOD_ENABLERS, detail={"matched": matched}
        )
    carriers = [one for one in given if one.kind == "criterion" and one.code in enabler.criteria]
    carriers += [one for one in given if one.kind == "theme" and one.code in enabler.themes]
    if not carriers:
        return None
    first = carriers[0]
    detail = {"carried_by": f"{first.kind}:{first.code}"}
    return Annotation("enabler", enabler.code, first.score, first.evidence, METHOD_ENABLERS, detail=detail)
