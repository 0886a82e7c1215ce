"""Reading the database for a page: one thread hop, one snapshot, one time limit for all of a page's queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from datasette.app import Datasette
from datasette.utils import sqlite_timelimit

DATABASE = "innovations"  # the name in addresses, whatever the file is called
PAGE_TIME_LIMIT_MS = 2000  # twice what a stock table query gets, since a page asks several questions

Result = TypeVar("Result")
Parameters = Sequence[object] | Mapping[str, object]


class Connection(Protocol):
    """What a page needs of a database connection."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Iterable[Any]:
        """Run one statement and return its rows."""


def rows(connection: Connection, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
    """All rows of a query as dictionaries, in the query's order."""
    return [{key: row[key] for key in row.keys()} for row in connection.execute(sql, parameters)]  # noqa: SIM118


def first(connection: Connection, sql: str, parameters: Parameters = ()) -> dict[str, Any] | None:
    """The first row of a query, or None."""
    found = rows(connection, sql, parameters)
    return found[0] if found else None


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """See one state of the database throughout, even while a run is writing."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


async def read(datasette: Datasette, page: Callable[[Connection], Result]) -> Result:
    """Run `page` with a read-only connection, in a snapshot and under PAGE_TIME_LIMIT_MS.

    Raises the database's OperationalError ("interrupted") when the limit is reached.
    """

    def limited(connection: Connection) -> Result:
        with sqlite_timelimit(connection, PAGE_TIME_LIMIT_MS), snapshot(connection):
            return page(connection)

    result: Result = await datasette.get_database(DATABASE).execute_fn(limited)
    return result
