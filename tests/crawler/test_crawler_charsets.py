"""One page in many charsets, declared rightly, wrongly or not at all: one text, or a word of doubt."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.charsets import find_charset

LATIN = "Die Pflege in Nürnberg – früh, sicher und für alle. Ein Café hilft den Familien, schön und günstig, mit Maß. "
RUSSIAN = "Служба помощи после падения отправляет врача в дом престарелых, чтобы меньше людей попадало в больницу. "


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        (LATIN, "utf-8", None), (LATIN, "utf-8", "iso-8859-1"), (LATIN, "utf-8", "ascii"),
        (LATIN, "utf-8-sig", "cp1252"),
        (LATIN, "utf-16", None), (LATIN, "utf-16", "utf-8"), (LATIN, "utf-16-le", None), (LATIN, "utf-16-be", "utf-8"),
        (LATIN, "cp1252", "iso-8859-1"), (LATIN, "cp1252", "windows-1252"),
        (RUSSIAN, "utf-8", "koi8-r"), (RUSSIAN, "utf-16", "koi8-r"), (RUSSIAN, "koi8-r", "koi8-r"),
        ("Plain words only.", "ascii", "nonsense"), ("", "ascii", None),
    ],
)  # fmt: skip
def test_what_the_bytes_or_a_right_declaration_say_is_taken(text: str, encoding: str, declared: str | None) -> None:
    body = (text * 5).encode(encoding)
    found = find_charset(body, declared)
    assert body.decode(found.name).lstrip("\ufeff") == text * 5


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [(RUSSIAN, "koi8-r", "windows-1252"), (RUSSIAN, "cp1251", "iso-8859-1"), (RUSSIAN, "koi8-r", None),
     (LATIN, "cp1252", "utf-8"), (LATIN, "cp1252", None)],
)  # fmt: skip
def test_what_cannot_be_known_is_doubtful(text: str, encoding: str, declared: str | None) -> None:
    assert find_charset((text * 5).encode(encoding), declared).doubtful


def test_a_page_whose_charset_changes_is_the_same_listing_unchanged_or_says_that_it_is_in_doubt(
    bench: Any, site: Any
) -> None:
    page = (
        f"<!DOCTYPE html><html><body><main><article><h1>Nürnberg</h1><p>{LATIN * 4}</p></article></main></body></html>"
    )
    site.html("/", "<a class='item' href='/a'>A</a>")
    bench.declare()
    for encoding, declared in (("utf-8", "utf-8"), ("utf-8", "ascii"), ("utf-16", "utf-8"), ("cp1252", "iso-8859-1")):
        site.pages["/a"] = site.page(page.encode(encoding), Content_Type=f"text/html; charset={declared}")
        bench.new_run()
        assert bench.crawl().outcome["listings"] == 1
    assert bench.rows("SELECT version, extra FROM listings") == [{"version": 1, "extra": "{}"}]
    site.pages["/a"] = site.page(page.replace("Nürnberg", "Leeds").encode("cp1252"), Content_Type="text/html")
    bench.new_run()
    bench.crawl()
    (row,) = bench.rows("SELECT title, extra FROM listings")
    assert row["title"] == "Leeds" and '"encoding": "' in row["extra"] and "not sure" in row["extra"]
