"""Figures part by part."""

import json

from nlp.annotations import Annotation, Document, Evidence, Filtration, Tagging
from nlp.breakdown import NO_REGION, as_table, parts
from nlp.corpus_data import Example
from nlp.evaluate import make_case

CODES = ("digital", "workforce")


def _case(name, words, themes, given):
    example = Example(Document(name, "", "word " * words), True, themes, themes[0], {}, {})
    evidence = Evidence("word", 0, 4)
    tags = tuple(Annotation("theme", code, 1.0, evidence, "model:themes") for code in given)
    tagging = Tagging(name, Filtration(True, "", 1.0), tags, given[0], dict.fromkeys(CODES, 0.5))
    return example, make_case(example, tagging, CODES)


def test_every_text_is_counted_once_in_each_kind_of_part(tmp_path):
    origins = {"a": ["Wessex AHSN", "HI-Wessex"], "b": ["BMJ Open", None]}
    (tmp_path / "origins.json").write_text(json.dumps(origins), encoding="utf-8")
    pairs = [
        _case("a", 40, ("digital",), ("digital",)),
        _case("b", 200, ("workforce",), ("digital",)),
        _case("c", 150, ("workforce",), ("workforce",)),
    ]
    found = {one.name: one for one in parts([one for one, _ in pairs], [case for _, case in pairs], tmp_path)}
    for kind in ("length", "published", "region"):
        assert sum(one.documents for name, one in found.items() if name.startswith(kind)) == 3
    assert found["length: under 130 words"].micro == 1 and found["length: over 165 words"].micro == 0
    assert found["published by a network"].primary == 1
    assert found[f"region: {NO_REGION}"].documents == 2
    assert all(name in as_table(list(found.values())) for name in found)
