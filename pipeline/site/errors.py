"""Errors as pages (or JSON) that say what to do, never a trace and never a 500 for what somebody typed."""

from __future__ import annotations

import logging
from http import HTTPStatus

from datasette import Response
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Base400, Request
from datasette.views.base import DatasetteError

from db.database import OperationalError

log = logging.getLogger(__name__)

TOO_LONG = "This question took too long to answer. Narrow it down with a word or a filter."
UNREADABLE = "These search words cannot be read. Leave out quotation marks and signs, or search from the front page."
BUSY = "The database is busy. Try again in a moment."
BROKEN = "Something went wrong on our side. The details are in the server's log."


def status_and_message(exception: Exception) -> tuple[int, str]:
    """What to answer. Datasette reports a bad sort or search as its own failure (500); here it is the asker's (400)."""
    if isinstance(exception, Base400):
        return exception.status, str(exception.args[0] if exception.args else "")
    if isinstance(exception, QueryInterrupted) or "interrupted" in str(exception):
        return HTTPStatus.SERVICE_UNAVAILABLE, TOO_LONG
    if isinstance(exception, DatasetteError):
        if "fts5" in str(exception.message):
            return HTTPStatus.BAD_REQUEST, UNREADABLE
        asked = exception.status == HTTPStatus.INTERNAL_SERVER_ERROR
        return (HTTPStatus.BAD_REQUEST if asked else exception.status), str(exception.message)
    if isinstance(exception, OperationalError):
        busy = "locked" in str(exception) or "busy" in str(exception)
        if busy:
            return HTTPStatus.SERVICE_UNAVAILABLE, BUSY
    return HTTPStatus.INTERNAL_SERVER_ERROR, BROKEN


async def error_page(datasette: Datasette, request: Request, exception: Exception) -> Response:
    """The answer to an exception that a page raised."""
    status, message = status_and_message(exception)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("error at %s", request.path, exc_info=exception)
    if request.path.endswith(".json"):
        return Response.json({"ok": False, "error": message, "status": int(status)}, status=status)
    title = "Page not found" if status == HTTPStatus.NOT_FOUND else HTTPStatus(status).phrase
    context = {"title": title, "error": "" if message in ("404", "") else message, "status": int(status)}
    return Response.html(await datasette.render_template("error.html", context, request=request), status=status)
