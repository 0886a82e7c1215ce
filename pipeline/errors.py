"""Which failures are told in one plain sentence, and which are faults of ours that deserve a traceback."""

from __future__ import annotations


class LockHeldError(Exception):
    """Another run is at work on the same database."""


class StageFailedError(Exception):
    """A stage could not do its work; the message says which and what to do next."""


class RequestError(Exception):
    """What was asked for does not exist or cannot be had; the message names it and the allowed values."""


def expected_errors() -> tuple[type[Exception], ...]:
    """The exceptions whose message is meant for the person at the terminal. Imported late: start-up must stay quick."""
    from crawler.demo.catalogue import CatalogueError
    from crawler.source import SourceError
    from db.database import DatabaseError, StorageError
    from nlp.corpus_data import CorpusError
    from nlp.model_files import ModelError
    from nlp.taxonomy_model import TaxonomyError
    from pipeline.export.stage import ExportError
    from pipeline.resolve.match_model import ModelError as MatchModelError
    from pipeline.site.serve import SiteError

    ours = (LockHeldError, StageFailedError, RequestError, ExportError, SiteError, SourceError, CatalogueError)
    return (*ours, StorageError, CorpusError, ModelError, MatchModelError, TaxonomyError, DatabaseError, OSError)
