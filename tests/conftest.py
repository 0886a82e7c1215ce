"""Fixtures that several packages' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from filled_database import fill_from_fixtures


@pytest.fixture(scope="session")
def filled_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database filled from the committed records. Shared: a test that writes copies it with db.vacuum into its own."""
    return fill_from_fixtures(tmp_path_factory.mktemp("filled") / "innovations.db")
