"""The words that say what a text is about, as stems: without function words and the field's commonplaces."""

from __future__ import annotations

import re
from functools import cache

STEM_LETTERS = 6
# Stems in more than a fifth of train + single: they tie no line to another.
GENERAL = frozenset(
    (  # noqa: SIM905 - words read better than a list of strings
        "nhs health people care patien clinic hospit englan servic staff suppor progra trust year years practi help "
        "nation commun projec says work time techno digita home univer manage system improv team better new innova"
    ).split()
)
# Stems in more than a twentieth of train + single: two lines that share one are not about the same thing for that.
COMMON = GENERAL | frozenset(
    (  # noqa: SIM905 - as above
        "accele access action acute admiss adults advice affect ahsn analys app applic appoin approa approv asked "
        "assess author began benefi best better blood board bring brough calls came cancer carbon care carers centre "
        "challe change checks chief childr chroni clinic collab colleg come comes commis common commun compan comple "
        "condit consul contro cost covid- cut data day days decisi delive depart descri design develo device diagno "
        "differ digita direct diseas doctor earlie early east educat effect emerge end englan evalua eviden execut "
        "expect experi expert famili fewer find follow found founda genera given gives goes good govern group groups "
        "guidan hard health heart help helped helps high home homes hospit hours identi improv includ inform innova "
        "integr interv involv januar key lead learni led life likely local london long longer look manage march meant "
        "measur medica medici member mental millio minute model money monito months nation need needed needs networ "
        "new nhs nice north nurse nurses office online open operat organi outcom page pain pandem partic partne "
        "pathwa patien people person pharma pilot place plan platfo popula possib practi prescr presen pressu preven "
        "primar proble proces produc profes progra projec provid public qualit questi reach recomm record reduce "
        "referr region regula remote report resear resour respon result review right risk routin royal run safety "
        "said says screen second servic set seven sites small social south specia staff standa studie study suppor "
        "surger sympto system taken takes team teams techno test testin tests therap time times took tool tools "
        "traine traini transf treatm trust trusts univer use users virtua want wants way week weeks went west women "
        "work workin year years "
    ).split()
)
_WORD = re.compile(r"[a-z0-9][a-z0-9'’-]+[a-z0-9]")


@cache
def _common_words() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def stems(text: str) -> frozenset[str]:
    """The first letters of the words that say what a text is about."""
    words = (
        word.removesuffix("'s").removesuffix("’s")
        for word in _WORD.findall(text.lower())
        if word not in _common_words()
    )
    return frozenset(word[:STEM_LETTERS] for word in words if len(word) > 1 and not word.isdigit()) - GENERAL
