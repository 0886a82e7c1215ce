"""Names of organisations by how they are written."""

import pytest

from nlp.facet_data import default_facets
from nlp.organisations import FACET, NameFinder, slug

FINDER = NameFinder(default_facets().facets[FACET])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was made with Chiesi Ltd in 2021.", {"chiesi": "Chiesi Ltd"}),
        ("Run by Citizens' Juries c.i.c. for the network.", {"citizens-juries": "Citizens' Juries c.i.c."}),
        ("The technology company Apian flies them.", {"apian": "Apian"}),
        ("CMR Surgical, which makes it, is near Cambridge.", {"cmr-surgical": "CMR Surgical"}),
        ("Acme Health, a digital health start-up, built it.", {"acme-health": "Acme Health"}),
        ("The US company Medtronic and others sell robots.", {"medtronic": "Medtronic"}),
        ("Helped by Knowsley Primary Care Trust.", {"knowsley-primary-care-trust": "Knowsley Primary Care Trust"}),
        ("Bolton NHS Foundation Trust took part.", {"RMC": "Bolton NHS Foundation Trust"}),
        (
            "Jane Smith of Bradford and Airedale Teaching PCT.",
            {"bradford-and-airedale-teaching-pct": "Bradford and Airedale Teaching PCT"},
        ),
        (
            "Acme and Gloucestershire Hospitals NHS Foundation Trust did.",
            {"RTE": "Gloucestershire Hospitals NHS Foundation Trust"},
        ),
        (
            "Aston University and Knowsley Primary Care Trust did.",
            {"knowsley-primary-care-trust": "Knowsley Primary Care Trust"},
        ),
        ("Isle of Wight NHS Trust did.", {"R1F": "Isle of Wight NHS Trust"}),
        ("Four NHS Trusts and an NHS Trust took part.", {}),
        ("The company The King's Fund University did.", {}),
        ("Numbers are limited and the firm hand helps.", {}),
        ("The supplier NHS Supply Chain sent gowns.", {}),
    ],
)
def test_names(text, expected):
    found = {name.code: name.label for name in FINDER.find(text)}
    assert found == expected
    for name in FINDER.find(text):
        assert text[name.start : name.end].startswith(name.label[:5])


def test_without_a_list_the_code_is_made_from_the_name():
    (name,) = NameFinder(None).find("Bolton NHS Foundation Trust took part.")
    assert name.code == "bolton-nhs-foundation-trust"


@pytest.mark.parametrize(
    ("name", "code"), [("Smith & Nephew plc", "smith-and-nephew"), ("Guy's Ltd.", "guys"), ("B. Braun", "b-braun")]
)
def test_codes_of_names(name, code):
    assert slug(name) == code
