"""A team's own themes: what a file may say, which sentence carries one, and how it stands beside the report's."""

import pytest

from nlp.annotations import Document
from nlp.facet_data import EXTRA_VARIABLE, load_facets
from nlp.matchers import Phrases
from nlp.reading import read
from nlp.tagger import Tagger
from nlp.taxonomy_data import default_taxonomy
from nlp.taxonomy_model import TaxonomyError
from nlp.theme_rules import ThemeRules

HEAD = "version: '1'\nsource: us\nlicence: ours\n"
THEME = f"theme: maternity\nlabel: Maternity\ndefinition: Care around birth.\n{HEAD}"
TEXT = (
    "The app was rolled out to 40 care homes and 12 trusts in Devon. The midwife now sees blood pressure at home. "
    "An independent evaluation found that admissions fell by a third."
)


@pytest.fixture
def rules(tmp_path):
    def made(content):
        (tmp_path / "own.yml").write_text(content, encoding="utf-8")
        return ThemeRules(load_facets(extra=tmp_path).themes)

    return made


def found(rules, text, title="A title"):
    reading = read(Document("x", title, text), Phrases(default_taxonomy(), None, rules.phrases))
    return {one.code: one for one in rules.annotations(reading, rules.tallies(reading))}


@pytest.mark.parametrize(
    ("cues", "text", "score"),
    [
        ("[midwife]", "The midwife sees them at home.", 0.5),
        ("[midwife]", "The {midwife} sees the midwife at home.", 0.5),  # a cue counts once a sentence
        ("[midwife]", "The midwife sees them at home. The midwife goes again.", 0.75),
        ("[midwife, home birth]", "The midwife came to the home birth in time.", 0.75),
        ("[{phrases: [midwife], weight: 0.5}]", "The midwife sees them at home.", None),
        ("[{phrases: [midwife], weight: 0.5}]", "The midwife sees them. The midwife goes again.", None),
        (
            "[{phrases: [midwife], weight: 0.5}, {phrases: [ward], weight: 0.5}]",
            "The midwife left the ward late.",
            0.5,
        ),
        ("[{phrases: [midwife], never: [wildlife]}]", "The midwife studies wildlife at home.", None),
        ("[{phrases: [midwife], needs: [birth]}]", "The midwife sees them at home.", None),
        ("[{cased: [MAT]}]", "The mat lay in front of the door.", None),
        ("[{cased: [MAT]}]", "The MAT programme reached every ward.", 0.5),
        ("[midwife]\nignore: [midwife toad]", "The midwife toad lives in ponds here.", None),
        ("[midwife]\nenough: 2", "The midwife sees them at home.", None),
    ],
)
def test_a_sentence_carries_a_theme_when_its_cues_weigh_enough(rules, cues, text, score):
    given = found(rules(f"{THEME}cues: {cues}\n"), text)
    assert [one.score for one in given.values()] == ([] if score is None else [score])


def test_the_heaviest_sentence_is_the_evidence_and_the_title_never(rules):
    ready = rules(f"{THEME}cues: [midwife, home birth]\n")
    assert found(ready, "Nothing is said of it in this text.", title="The midwife") == {}
    text = "The midwife came. The midwife came to the home birth. The midwife left."
    (one,) = found(ready, text, title="The midwife").values()
    assert one.evidence.text == "The midwife came to the home birth." == text[one.evidence.start : one.evidence.end]
    assert one.method == "rule:theme" and one.detail == {"matched": ["home birth", "midwife"], "weight": 2.0}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            f"theme: digital\nlabel: D\ndefinition: d\n{HEAD}cues: [app]\n",
            r"theme: digital is there already; .*extends",
        ),
        (f"theme: maturity\nlabel: D\ndefinition: d\n{HEAD}cues: [app]\n", r"theme: maturity is a facet's name"),
        (f"facet: digital\nlabel: D\ndefinition: d\n{HEAD}", r"facet: digital is a theme's name"),
        (f"{THEME}cues: []\n", r"cues: .*at least 1 item.*allowed keys: .*cues"),
        (f"{THEME}cues: [{{weight: 1}}]\n", r"cues\.0: no phrase; a cue has phrases or cased"),
        (f"{THEME}cues: [{{word: x}}]\n", r"cues\.0\.word: Extra inputs .*allowed keys: .*phrases.*horizon doctor"),
        (f"{THEME}cues: ['{{a|b']\n", r"maternity: cues\.0: phrases: phrase '\{a\|b'"),
        (f"{THEME}cues: [app]\nenough: 0\n", r"enough: Input should be greater than 0"),
        (f"{THEME}", r"cues: Field required"),
        (
            f"extends: maternal\n{HEAD}cues: [app]\n",
            r"extends: no theme maternal; cues can be added to: spread-adoption",
        ),
        (f"extends: digital\n{HEAD}values: []\n", r"(values|cues): .*allowed keys: extends.*cues"),
        (f"{THEME}facet: x\ncues: [app]\n", r"give exactly one of facet: NAME .*theme: NAME"),
    ],
)
def test_an_error_names_file_key_and_what_is_allowed(rules, content, message):
    with pytest.raises(TaxonomyError, match=rf"own\.yml: {message}"):
        rules(content)


def test_an_extension_joins_a_theme_of_the_team_s_own(tmp_path):
    (tmp_path / "a.yml").write_text(f"{THEME}cues: [midwife]\n", encoding="utf-8")
    (tmp_path / "b.yml").write_text(
        f"extends: maternity\n{HEAD}cues: [doula]\nignore: [doula toad]\n", encoding="utf-8"
    )
    vocabulary = load_facets(extra=tmp_path)
    (theme,) = vocabulary.themes.values()
    assert [cue.phrases for cue in theme.cues] == [("midwife",), ("doula",)] and theme.ignore == ("doula toad",)
    assert set(vocabulary.theme_versions) == {"maternity"} and vocabulary.version != load_facets().version


@pytest.fixture
def tagger(tmp_path, monkeypatch):
    def made(**files):
        for name, content in files.items():
            (tmp_path / f"{name}.yml").write_text(content, encoding="utf-8")
        monkeypatch.setenv(EXTRA_VARIABLE, str(tmp_path))
        return Tagger.load()

    return made


def test_an_own_theme_stands_beside_the_report_s_and_is_not_primary(tagger):
    plain = next(Tagger.load().tag([Document("x", "An app", TEXT)]))
    own = tagger(own=f"{THEME}cues: [midwife]\n")
    (tagging,) = own.tag([Document("x", "An app", TEXT)])
    assert tagging.annotations[: len(plain.annotations)] != () and tagging.primary == plain.primary
    assert [one for one in tagging.annotations if one.code != "maternity"] == list(plain.annotations)
    assert tagging.all_scores == {**plain.all_scores, "maternity": 0.5}
    assert own.theme_codes == (*default_taxonomy().theme_codes, "maternity")
    (term,) = [term for term in own.terms() if term.code == "maternity"]
    assert (term.kind, term.position, term.parent) == ("theme", 10, None)


def test_without_another_theme_the_strongest_own_one_is_primary(tagger, monkeypatch):
    own = tagger(
        one=f"{THEME}cues: [midwife]\n",
        two=f"theme: birth\nlabel: B\ndefinition: b\n{HEAD}cues: [midwife, home]\n",
    )
    monkeypatch.setattr("nlp.tagger.chosen", lambda themes, models: themes > 2)
    (tagging,) = own.tag([Document("x", "An app", TEXT)])
    assert tagging.primary == "birth"
    assert [one.code for one in tagging.annotations if one.kind == "theme"] == ["birth", "maternity"]
    assert [one.code for one in tagging.annotations if one.is_primary] == ["birth"]


def test_cues_added_to_a_theme_of_the_report_give_it_where_the_model_does_not(tagger):
    document = Document("x", "An app", TEXT)
    plain = {one.code: one for one in next(Tagger.load().tag([document])).annotations if one.kind == "theme"}
    extra = {code: f"extends: {code}\n{HEAD}cues: [midwife]\n" for code in ("workforce", *sorted(plain)[:1])}
    assert "workforce" not in plain and len(extra) == 2
    (tagging,) = tagger(**extra).tag([document])
    given = {one.code: one for one in tagging.annotations if one.kind == "theme"}
    assert {code: one for code, one in given.items() if code != "workforce"} == plain
    assert given["workforce"].method == "rule:theme" and tagging.all_scores["workforce"] == 0.5
    assert set(tagging.all_scores) == set(default_taxonomy().theme_codes)
