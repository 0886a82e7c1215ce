"""The Datasette plugin: which hook leads to which of our modules. Datasette loads this file from the folder."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment
from markupsafe import Markup

from pipeline.links import LINK_REL, safe_link
from pipeline.recent_changes import DAYS
from pipeline.site.assets import stylesheet_address
from pipeline.site.cells import cell
from pipeline.site.dates import day
from pipeline.site.errors import error_page
from pipeline.site.headers import Application, guarded
from pipeline.site.pages import ROUTES


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """Our pages; they come before Datasette's own."""
    return list(ROUTES)


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[Application], Application]:
    """Security headers and refused addresses."""
    return guarded


@hookimpl
def render_cell(value: object, column: str, table: str | None) -> Markup | None:
    """Cells of Datasette's own tables."""
    return cell(value, column, table)


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Filters that the templates use."""
    env.filters["day"] = day
    env.filters["safe_link"] = safe_link


@hookimpl
def extra_template_vars(datasette: Datasette) -> dict[str, object]:
    """What every template may need."""
    return {
        "site_title": datasette.metadata("title"),
        "site_licence": datasette.metadata("license"),
        "stylesheet": stylesheet_address(),
        "link_rel": LINK_REL,
        "week_ago": (datetime.now(UTC) - timedelta(days=DAYS)).strftime("%Y-%m-%d"),
    }


@hookimpl(hookwrapper=True)
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Generator[None, Any, None]:
    """Our error pages instead of Datasette's, which would also print every missing page to the terminal."""
    outcome = yield
    outcome.force_result([error_page(datasette, request, exception)])
