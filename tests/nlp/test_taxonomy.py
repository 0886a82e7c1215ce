import shutil

import pytest

from nlp.taxonomy_data import TAXONOMY_FOLDER, expand, load_taxonomy
from nlp.taxonomy_model import TaxonomyError


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(TAXONOMY_FOLDER, tmp_path / "taxonomy")


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_counts_of_the_shipped_taxonomy():
    taxonomy = load_taxonomy()
    assert [len(taxonomy.themes), len(taxonomy.pledges), len(taxonomy.criteria), len(taxonomy.enablers)] == [
        9,
        3,
        9,
        10,
    ]
    assert len({region.code for region in taxonomy.regions}) == 15
    assert taxonomy.theme_codes[0] == "spread-adoption" and taxonomy.theme_codes[-1] == "system-redesign"


def test_terms_are_numbered_within_their_kind_and_criteria_name_their_pledge():
    terms = load_taxonomy().terms()
    assert len(terms) == 31 and len({(term.kind, term.code) for term in terms}) == 31
    assert [term.position for term in terms if term.kind == "theme"] == list(range(1, 10))
    assert {term.parent for term in terms if term.kind == "criterion"} == {"P1", "P2", "P3"}
    assert all(term.source and term.version and term.definition for term in terms)


def test_every_2019_commitment_leads_to_a_refreshed_one_and_to_criteria():
    for pledge in load_taxonomy().pledges:
        first = [one for one in pledge.commitments if one.wording == 2019]
        assert len(first) == 3
        assert all(one.refreshed and one.criteria for one in first)


@pytest.mark.parametrize(
    ("pattern", "phrases"),
    [("plain", ["plain"]), ("{a|b} c", ["a c", "b c"]), ("{a |}b", ["a b", "b"]), ("x{,|} y", ["x, y", "x y"])],
)
def test_braced_patterns(pattern, phrases):
    assert expand(pattern) == phrases


@pytest.mark.parametrize("pattern", ["{a|b", "{|}", "{{a}", "{a|b}" * 20])
def test_patterns_that_cannot_be_expanded(pattern):
    with pytest.raises(TaxonomyError):
        expand(pattern)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("themes.yml", "label: Patient safety", "lable: Patient safety", "patient-safety"),
        ("themes.yml", "code: industry", "code: digital", "given twice"),
        ("themes.yml", "version:", "revision:", "missing version"),
        ("themes.yml", "terms:", "terms: [", "not YAML"),
        ("criteria.yml", "all: [reflects]", "all: [reflect]", "no concept reflect; there are:"),
        ("criteria.yml", "pledge: P1", "pledge: P9", "no pledge P9; there are: P1, P2, P3"),
        ("criteria.yml", "score: 0.6", "score: 6", "rules"),
        ("criteria.yml", '"@ethnic"', '"@ethnics"', "no earlier concept ethnics"),
        ("criteria.yml", "{mentor|", "{mentor|{", "pattern"),
        ("pledges.yml", "refreshed: [P1-r-champion]", "refreshed: [P1-r-none]", "no commitment"),
        ("pledges.yml", "criteria: [P1.standard]", "criteria: [P1.nothing]", "no criterion P1.nothing"),
        ("filtration.yml", "'^apply (to|for)", "'^apply (to|for", "filtration.yml: call"),
    ],
)
def test_a_fault_is_named_with_its_file(folder, file, old, new, said):
    edit(folder, file, old, new)
    with pytest.raises(TaxonomyError, match=file) as raised:
        load_taxonomy(folder)
    assert said in str(raised.value)


def test_a_missing_file_is_named(folder):
    (folder / "regions.yml").unlink()
    with pytest.raises(TaxonomyError, match=r"regions\.yml: no such file"):
        load_taxonomy(folder)


def test_the_version_changes_with_any_file(folder):
    before = load_taxonomy(folder).version
    edit(folder, "enablers.yml", "Change is wanted", "Change is welcome")
    assert load_taxonomy(folder).version != before
