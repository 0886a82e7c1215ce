from __future__ import annotations

import asyncio
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from datasette.utils.asgi import BadRequest
from datasette.views.base import DatasetteError
from filled_database import fill_from_fixtures
from served_site import ServedSite

from db.database import OperationalError, open_database, sqlite_version
from db.migrations import migrate
from pipeline.site.errors import BROKEN, BUSY, TOO_LONG, status_and_message
from pipeline.site.serve import SiteError, bound_socket, check_filled, serve, signing_secret

START_SECONDS = 30  # a cold start on a busy machine
PROGRAM = """
import sys
from pathlib import Path
from pipeline.site.serve import serve
serve(Path(sys.argv[1]), port=0, announce=lambda address: print(address, flush=True))
"""


def test_datasette_reads_with_the_same_sqlite_as_we_write_with(site: ServedSite) -> None:
    version = site.get("/-/versions.json").json()["sqlite"]["version"]
    assert tuple(int(part) for part in version.split(".")) == sqlite_version()


def test_the_settings_are_the_safe_ones(site: ServedSite) -> None:
    settings = site.get("/-/settings.json").json()
    assert not any(settings[name] for name in ("allow_download", "default_allow_sql", "suggest_facets"))
    assert settings["sql_time_limit_ms"] <= 1000 and settings["facet_time_limit_ms"] <= 200


def test_the_real_server_answers_and_stops_when_told(tmp_path: Path) -> None:
    path = fill_from_fixtures(tmp_path / "other-name.db")
    server = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=START_SECONDS) as answer:
            page = answer.read().decode()
            assert answer.headers["content-security-policy"] and not answer.headers["server"]
        assert "Innovation pipeline" in page
        with urllib.request.urlopen(address + "innovations/innovations.json", timeout=START_SECONDS) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + "/evil.example/", timeout=START_SECONDS)
        assert refused.value.code == 400 and "location" not in refused.value.headers
        port = int(address.rstrip("/").rpartition(":")[2])
        with pytest.raises(SiteError, match=f"cannot listen on 127.0.0.1:{port}.*--port {port + 1}"):
            serve(path, port=port)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(START_SECONDS)
    secret = tmp_path / "other-name.db.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_missing_database_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"no database at .*missing\.db; create one with: horizon demo"):
        serve(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


def test_an_empty_database_says_how_to_fill_it(tmp_path: Path) -> None:
    db = open_database(tmp_path / "empty.db")
    migrate(db)
    db.close()
    with pytest.raises(SiteError, match="holds no innovations yet; fill it with: horizon run"):
        check_filled(tmp_path / "empty.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(SiteError, match=r"notes\.db"):
        check_filled(tmp_path / "notes.db")


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATASETTE_SECRET", raising=False)
    path = tmp_path / "x.db"
    secret = signing_secret(path)
    kept = tmp_path / "x.db.secret"
    kept.chmod(0o644)
    assert signing_secret(path) == secret and len(secret) >= 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_text("")
    with pytest.raises(SiteError, match="is empty; delete it"):
        signing_secret(path)
    monkeypatch.setenv("DATASETTE_SECRET", "given")
    assert signing_secret(path) == "given"


def test_a_secret_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATASETTE_SECRET", raising=False)
    with pytest.raises(SiteError, match="set DATASETTE_SECRET instead"):
        signing_secret(tmp_path / "no-such-folder" / "x.db")


def test_a_taken_port_names_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SiteError, match=f"127.0.0.1:{port}"):
            bound_socket("127.0.0.1", port)


@pytest.mark.parametrize(
    ("exception", "status", "message"),
    [
        (BadRequest("bad"), 400, "bad"),
        (DatasetteError("Cannot sort table by x"), 400, "Cannot sort table by x"),
        (DatasetteError("no", status=404), 404, "no"),
        (OperationalError("interrupted"), 503, TOO_LONG),
        (OperationalError("database is locked"), 503, BUSY),
        (OperationalError("no such table: x"), 500, BROKEN),
        (KeyError("secret detail"), 500, BROKEN),
    ],
)
def test_errors_are_told_without_their_insides(exception: Exception, status: int, message: str) -> None:
    assert status_and_message(exception) == (status, message)


def test_reading_goes_on_while_a_run_writes(tmp_path: Path) -> None:
    path = fill_from_fixtures(tmp_path / "busy.db")
    served = ServedSite(path)
    db = open_database(path)
    db.conn.execute("BEGIN IMMEDIATE")
    db.conn.execute("DELETE FROM innovations")
    assert served.get("/").status_code == 200  # a reader that had to wait for the writer would say that it is busy
    assert served.get("/search?q=falls").status_code == 200
    db.conn.execute("ROLLBACK")
    db.close()
    served.close()


def test_many_visitors_at_once_are_served(site: ServedSite) -> None:
    async def visit() -> list[int]:
        paths = ["/", "/search?q=falls", "/search?theme=digital", "/innovations/tags"] * 5
        answers = await asyncio.gather(*(site.datasette.client.get(path) for path in paths))
        return [answer.status_code for answer in answers]

    assert set(site.loop.run_until_complete(visit())) == {200}
