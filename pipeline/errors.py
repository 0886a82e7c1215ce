"""Which failures are told in one plain sentence, and which are faults of ours that deserve a traceback."""

from __future__ import annotations

import errno
from pathlib import Path


class LockHeldError(Exception):
    """Another run is at work on the same database."""


class StageFailedError(Exception):
    """A stage could not do its work; the message says which and what to do next."""


class RequestError(Exception):
    """What was asked for does not exist or cannot be had; the message names it and the allowed values."""


# What SQLite says of a file or a disk that is not well; anything else it says is a fault of our own SQL.
STORAGE_TROUBLE = ("locked", "readonly", "read-only", "disk", "full", "malformed", "not a database", "unable to open")
FILE_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
FILE_TROUBLE |= {errno.EISDIR, errno.EEXIST, errno.EADDRINUSE, errno.EMFILE, errno.ENAMETOOLONG, errno.EIO}


def is_expected(error: Exception) -> bool:
    """Whether the message is meant for the person at the terminal; else it is a fault of ours, with its traceback."""
    from db.database import DatabaseError

    if isinstance(error, DatabaseError):
        return any(words in str(error) for words in STORAGE_TROUBLE)
    if isinstance(error, OSError) and not isinstance(error, expected_errors()):
        return error.errno in FILE_TROUBLE
    return isinstance(error, expected_errors())


def advice(error: Exception, db_path: Path | None) -> str:
    """What to do next, where the message comes from the system or from SQLite and does not say it."""
    from db.database import DatabaseError

    if isinstance(error, expected_errors()) or not isinstance(error, DatabaseError | OSError):
        return ""
    text, database = str(error), f" (database {db_path})" if db_path else ""
    if "full" in text or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return f"{database}; free some space, then run the same command again"
    if "malformed" in text or "not a database" in text:
        return f"{database}; see what is wrong with: horizon doctor --db {db_path}"
    if "locked" in text:
        return f"{database}; another program is writing to it: run the same command again"
    return f"{database}; check the path and its permissions, or keep the database elsewhere with --db PATH"


def expected_errors() -> tuple[type[Exception], ...]:
    """Our own exceptions of that kind. Imported late: start-up must stay quick."""
    from crawler.demo.catalogue import CatalogueError
    from crawler.source import SourceError
    from db.database import StorageError
    from nlp.corpus_data import CorpusError
    from nlp.model_files import FloorError, ModelError
    from nlp.taxonomy_model import TaxonomyError
    from pipeline.export.stage import ExportError
    from pipeline.resolve.match_model import ModelError as MatchModelError
    from pipeline.site.serve import SiteError

    ours = (LockHeldError, StageFailedError, RequestError, ExportError, SiteError, SourceError, CatalogueError)
    return (*ours, StorageError, CorpusError, ModelError, FloorError, MatchModelError, TaxonomyError)
