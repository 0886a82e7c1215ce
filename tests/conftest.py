"""Fixtures that several packages' tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from filled_database import fill_from_fixtures
from served_site import ServedSite


@pytest.fixture(scope="session")
def filled_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database filled from the committed records. Shared: a test that writes fills one of its own."""
    return fill_from_fixtures(tmp_path_factory.mktemp("filled") / "innovations.db")


@pytest.fixture(scope="session")
def site(filled_db: Path) -> Iterator[ServedSite]:
    """The site over filled_db."""
    served = ServedSite(filled_db)
    yield served
    served.close()
