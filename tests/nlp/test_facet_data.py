"""The vocabulary's loader: what ships, what a team adds, and errors that name file, key and allowed values."""

import json
import shutil

import pytest

from nlp.facet_data import EXTRA_VARIABLE, FACETS_FOLDER, default_facets, extra_folder, load_facets
from nlp.facet_model import Vocabulary
from nlp.facets import FacetTagger
from nlp.tagger import Tagger
from nlp.taxonomy_model import TaxonomyError

HEAD = "version: '1'\nsource: us\nlicence: ours\n"
FACET = f"facet: colour\nlabel: Colour\ndefinition: Its colour.\n{HEAD}"
EXTENSION = f"extends: condition\n{HEAD}"


def loaded(folder, content, name="own.yml") -> Vocabulary:
    (folder / name).write_text(content, encoding="utf-8")
    return load_facets(extra=folder)


def test_what_ships_has_the_codes_of_its_sources():
    facets = default_facets().facets
    counts = {name: len(facet.values) for name, facet in facets.items()}
    assert counts["category"] == 13 and counts["care-setting"] == 16 and counts["condition"] == 167
    assert counts["protected-characteristic"] == 9 and counts["maturity"] == 3 and counts["region"] == 15
    assert all(facet.source and facet.licence and facet.version for facet in facets.values())
    trusts = {value.code: value for value in facets["organisation"].values}
    assert trusts["RJ1"].implies == ("region:HIN-SL",) and trusts["QHM"].implies == ("region:HI-NENC",)


def test_terms_list_facets_and_values():
    rows = default_facets().terms()
    keys = [(row.kind, row.code) for row in rows]
    assert len(keys) == len(set(keys)) and ("facet", "maturity") in keys
    (row,) = [row for row in rows if row.code == "care-setting:PRIMARY_CARE"]
    assert row.parent == "care-setting" and row.label == "Primary care" and "Open Government Licence" in row.source


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", r"own\.yml: not YAML"),
        ("- a", r"own\.yml: give exactly one of facet: NAME .* or extends: NAME"),
        (f"facet: Colour\nlabel: C\ndefinition: d\n{HEAD}", r"own\.yml: facet: String should match pattern"),
        (f"facet: colour\nlabel: C\n{HEAD}", r"own\.yml: definition: Field required; allowed keys: .*not_after.*facet"),
        (f"{FACET}choose: some\n", r"own\.yml: choose: Input should be 'all' or 'best'"),
        (
            f"{FACET}values: [{{code: red, label: R, words: [red]}}]\n",
            r"own\.yml: values\.0\.words \(red\): Extra inputs are not permitted; allowed keys: .*phrases",
        ),
        (f"{FACET}values: [{{code: red, phrases: [red]}}]\n", r"own\.yml: values \(red\): label: missing"),
        (
            f"{FACET}values: [{{code: red, label: R, weight: 9}}]\n",
            r"values\.0\.weight \(red\): Input should be less than",
        ),
        (
            f"{FACET}values: [{{code: red, label: R, phrases: ['{{a|b']}}]\n",
            r"red: phrases: phrase '\{a\|b': .*unmatched",
        ),
        (f"{FACET}values: [{{code: a, label: R}}, {{code: a, label: S}}]\n", r"values: code a given twice"),
        (
            f"{FACET}values: [{{code: a, label: R, implies: ['region:HI-XX']}}]\n",
            r"colour: a: implies: no region:HI-XX; there are: .*region:HI-East",
        ),
        (
            f"{FACET}patterns: [{{code: '{{2}}', label: x, regex: '(a)', contains: a}}]\n",
            r"own\.yml: \{2\}: regex '\(a\)'",
        ),
        (f"{FACET}patterns: [{{code: x, label: x, regex: '(a', contains: a}}]\n", r"own\.yml: x: regex '\(a'"),
        (
            f"facet: maturity\nlabel: M\ndefinition: d\n{HEAD}",
            r"facet: maturity is there already; write extends: maturity",
        ),
        (f"extends: colour\n{HEAD}", r"extends: no facet colour; there are: area, care-setting, category"),
        (f"{EXTENSION}values: [{{code: NEW, phrases: [new]}}]\n", r"values \(NEW\): label: missing"),
        (f"{EXTENSION}minimum: 0.1\n", r"minimum: Extra inputs are not permitted; allowed keys: extends, version"),
    ],
)
def test_an_error_names_file_key_and_what_is_allowed(tmp_path, content, message):
    with pytest.raises(TaxonomyError, match=message) as caught:
        loaded(tmp_path, content)
    assert "own.yml" in str(caught.value) or "colour" in str(caught.value)


def test_a_file_that_is_no_utf_8_or_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "own.yml").write_bytes(b"facet: \xff")
    with pytest.raises(TaxonomyError, match="not YAML in UTF-8"):
        load_facets(extra=tmp_path)
    with pytest.raises(TaxonomyError, match=f"no such folder; {EXTRA_VARIABLE} names a folder of .yml files"):
        load_facets(extra=tmp_path / "none")


def test_an_extension_adds_phrases_and_values(tmp_path):
    vocabulary = loaded(
        tmp_path,
        f"{EXTENSION}values:\n  - {{code: RESPIRATORY_CONDITIONS_ASTHMA, phrases: [wheezy chest]}}\n"
        "  - {code: LOCAL_COUGH, label: Cough, phrases: [cough]}\n",
    )
    values = {value.code: value for value in vocabulary.facets["condition"].values}
    assert len(values) == 168 and values["LOCAL_COUGH"].label == "Cough"
    asthma = values["RESPIRATORY_CONDITIONS_ASTHMA"]
    assert asthma.label == "Respiratory conditions - Asthma"
    assert ("wheezy chest",) in [cue.phrases for cue in asthma.cues] and len(asthma.cues) == 2
    changed = {name for name, version in vocabulary.versions.items() if version != default_facets().versions[name]}
    assert changed == {"condition"}


def test_versions_follow_the_bytes_and_nothing_else(tmp_path):
    copied = tmp_path / "copy"
    shutil.copytree(FACETS_FOLDER, copied)
    assert load_facets(copied).version == default_facets().version
    file = copied / "cost.yml"
    file.write_text(file.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert load_facets(copied).version != default_facets().version
    assert FacetTagger(load_facets(copied)).version != FacetTagger(default_facets()).version


def test_the_environment_names_the_extra_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(EXTRA_VARIABLE, raising=False)
    assert extra_folder() is None
    plain = Tagger.load()
    monkeypatch.setenv(EXTRA_VARIABLE, str(tmp_path))
    assert extra_folder() == tmp_path
    (tmp_path / "own.yml").write_text(f"{FACET}values: [{{code: red, label: R, phrases: [red]}}]\n", encoding="utf-8")
    tagger = Tagger.load()
    assert tagger.version != plain.version and tagger.vocabulary_version != plain.vocabulary_version
    assert "colour:red" in {term.code for term in tagger.terms()}


def test_the_readme_shows_a_file_that_loads(tmp_path):
    text = (FACETS_FOLDER / "README.md").read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    assert len(examples) == 4
    for number, example in enumerate(examples):
        (tmp_path / f"example{number}.yml").write_text(example, encoding="utf-8")
    vocabulary = load_facets(extra=tmp_path)
    assert set(vocabulary.facets) > set(default_facets().facets) and set(vocabulary.themes) == {
        "maternity",
        "co-production",
    }
    assert json.dumps(sorted(default_facets().versions.values()))
