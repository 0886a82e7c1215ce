"""Serve the database with Datasette: our pages, its tables, safe settings."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette
from datasette.database import Database as ServedDatabase
from sqlite_utils import Database

from db.database import StorageError, open_database
from db.migrations import migrate
from pipeline.errors import LockHeldError
from pipeline.lock import run_lock
from pipeline.site.assets import PLUGINS, STATIC, STATIC_MOUNT, TEMPLATES
from pipeline.site.reading import DATABASE

METADATA = Path(__file__).parent / "datasette_metadata.json"  # a link to the one at top level, so that a wheel has it
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8001
SECRET_BYTES = 32
SHUTDOWN_SECONDS = 5  # what a slow download gets to finish in after Ctrl-C
SETTINGS: dict[str, Any] = {
    "allow_download": False,
    "default_allow_sql": False,
    "suggest_facets": False,  # most of a table page's time, measured at a million rows
    "sql_time_limit_ms": 1000,
    "facet_time_limit_ms": 200,
    "default_page_size": 50,
    "max_returned_rows": 1000,
    "max_csv_mb": 100,
    "truncate_cells_html": 200,  # a few lines of a column; the row page shows the whole
    "default_facet_size": 15,  # as many as there are regions
}


class SiteError(OSError):
    """The site cannot be served (port taken, file missing or empty); the message says why and what to do next."""


def signing_secret(db_path: Path) -> str:
    """The secret that signs cookies: DATASETTE_SECRET, else the file beside the database, made once, mode 600."""
    if given := os.environ.get("DATASETTE_SECRET"):
        return given
    path = db_path.with_name(db_path.name + ".secret")
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
    except FileExistsError:
        path.chmod(0o600)
    except OSError as error:
        raise SiteError(f"cannot write {path}: {error.strerror}; set DATASETTE_SECRET instead") from error
    if kept := path.read_text().strip():
        return kept
    raise SiteError(f"{path} is empty; delete it and start again")


def check_filled(db_path: Path) -> None:
    """Bring the views up to date, and raise SiteError unless the database holds at least one innovation."""
    try:
        db = open_database(db_path, must_exist=True)
        try:
            _bring_up_to_date(db, db_path)
            filled = db.table("innovations").count > 0
        finally:
            db.close()
    except StorageError as error:
        raise SiteError(str(error)) from error
    if not filled:
        raise SiteError(
            f"{db_path} holds no innovations yet; fill it with: horizon run --db {db_path}, or horizon demo"
        )


def _bring_up_to_date(db: Database, db_path: Path) -> None:
    """Migrate under the run lock; a run that holds it has migrated already."""
    try:
        with run_lock(db_path):
            migrate(db)
    except LockHeldError:
        return


def build_site(db_path: Path, *, open_sql: bool = False, secret: str | None = None) -> Datasette:
    """Datasette over the database at `db_path`, always under the name "innovations"; a run may write meanwhile.

    open_sql lets anybody run SQL (reading only) and is off by default.
    """
    site = Datasette(
        [],
        metadata=json.loads(METADATA.read_text(encoding="utf-8")),
        template_dir=str(TEMPLATES),
        plugins_dir=str(PLUGINS),
        static_mounts=[(STATIC_MOUNT, str(STATIC))],
        settings={**SETTINGS, "default_allow_sql": open_sql},
        secret=secret or signing_secret(db_path),
    )
    site.remove_database("_memory")
    site.add_database(ServedDatabase(site, str(db_path), is_mutable=True), name=DATABASE)
    return site


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket bound to host and port (0: any free one); SiteError when the port is taken or the host is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        next_port = port + 1 if port < 65535 else 0
        raise SiteError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with: horizon serve --port {next_port}"
        ) from error
    return bound


def serve(
    db_path: Path,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    open_sql: bool = False,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted. `announce` is called with the address once connections are accepted by the socket.

    Raises SiteError when the database is missing or empty, or the port is taken.
    """
    check_filled(db_path)
    site = build_site(db_path, open_sql=open_sql)
    listening = bound_socket(host, port)
    config = uvicorn.Config(
        site.app(),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    shown = f"[{host}]" if ":" in host else host
    listening.listen()
    if announce:
        announce(f"http://{shown}:{listening.getsockname()[1]}/")
    uvicorn.Server(config).run(sockets=[listening])
