"""The schema's one owner. Each change is a migration, applied once, in its own transaction."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from db.history import create_history
from db.judgements import create_judgements
from db.matching import create_matching
from db.rounds import create_rounds
from db.sources import create_source_checks
from db.suppressions import create_suppressions
from db.views import create_views

migrations = Migrations("innovation_pipeline")

TABLES = (
    # What is crawled, copied from the source files at each crawl so that the site can show it.
    """CREATE TABLE sources (
        name TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        publisher TEXT NOT NULL,
        licence TEXT NOT NULL,
        discovery TEXT NOT NULL,
        start_url TEXT NOT NULL,
        frequency TEXT NOT NULL,
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        verified TEXT NOT NULL,
        floor INTEGER NOT NULL DEFAULT 1 CHECK (floor >= 0),
        last_crawled_at TEXT,
        last_status TEXT CHECK (last_status IN ('done', 'warnings', 'failed'))
    )""",
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        command TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        status TEXT NOT NULL CHECK (status IN ('running', 'done', 'warnings', 'failed', 'interrupted')),
        version TEXT NOT NULL
    )""",
    """CREATE TABLE run_counts (
        run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        stage TEXT NOT NULL,
        source TEXT NOT NULL DEFAULT '',
        name TEXT NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (run_id, stage, source, name)
    )""",
    """CREATE TABLE run_problems (
        id INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        stage TEXT NOT NULL,
        source TEXT NOT NULL DEFAULT '',
        severity TEXT NOT NULL CHECK (severity IN ('warning', 'error')),
        message TEXT NOT NULL
    )""",
    """CREATE TABLE frontier (
        source TEXT NOT NULL REFERENCES sources(name) ON DELETE CASCADE,
        url TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('discovery', 'detail')),
        state TEXT NOT NULL CHECK (state IN ('due', 'fetched', 'failed', 'gone')),
        etag TEXT,
        last_modified TEXT,
        reading TEXT,
        http_status INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        next_due_at TEXT,
        fetched_at TEXT,
        error TEXT,
        PRIMARY KEY (source, url)
    )""",
    # Reference data: the 15 networks under both names; themes, pledges, criteria, enablers with their definitions.
    """CREATE TABLE regions (
        code TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        former_name TEXT NOT NULL,
        domain TEXT NOT NULL,
        former_domain TEXT NOT NULL,
        nhs_region TEXT NOT NULL,
        nhs_region_code TEXT NOT NULL
    )""",
    """CREATE TABLE terms (
        kind TEXT NOT NULL CHECK (kind IN ('theme', 'pledge', 'criterion', 'enabler', 'facet')),
        code TEXT NOT NULL,
        label TEXT NOT NULL,
        definition TEXT NOT NULL,
        parent TEXT,
        position INTEGER NOT NULL,
        source TEXT NOT NULL,
        version TEXT NOT NULL,
        PRIMARY KEY (kind, code)
    )""",
    # search_key: an integer made from id (see db.keys), the row number of the full-text index. An implicit rowid would
    # not do: VACUUM renumbers those, and the index would then point at other rows.
    """CREATE TABLE listings (
        id TEXT PRIMARY KEY,
        source TEXT NOT NULL REFERENCES sources(name),
        url TEXT NOT NULL,
        fetched_url TEXT NOT NULL,
        record_id TEXT,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        publisher TEXT,
        region TEXT REFERENCES regions(code),
        published TEXT,
        extra TEXT NOT NULL DEFAULT '{}',
        version INTEGER NOT NULL CHECK (version >= 1),
        first_seen_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        gone_at TEXT,
        search_key INTEGER NOT NULL UNIQUE,
        UNIQUE (source, url)
    )""",
    "CREATE INDEX listings_publisher ON listings(publisher)",
    "CREATE INDEX listings_region ON listings(region)",
    """CREATE TABLE listing_versions (
        listing_id TEXT NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        body BLOB NOT NULL,
        seen_at TEXT NOT NULL,
        run_id TEXT REFERENCES runs(id) ON DELETE SET NULL,
        PRIMARY KEY (listing_id, version)
    )""",
    # What the tagger said of one listing: kept as an innovation or filtered out, and why.
    """CREATE TABLE filtration (
        listing_id TEXT PRIMARY KEY REFERENCES listings(id) ON DELETE CASCADE,
        kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
        reason TEXT NOT NULL,
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        evidence TEXT,
        evidence_start INTEGER,
        evidence_end INTEGER,
        content_hash TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        tagger_version TEXT NOT NULL
    )""",
    """CREATE TABLE annotations (
        listing_id TEXT NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('theme', 'criterion', 'enabler', 'facet', 'figure')),
        code TEXT NOT NULL,
        verdict TEXT CHECK (verdict IN ('met', 'planned')),
        is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        evidence TEXT NOT NULL,
        evidence_start INTEGER NOT NULL CHECK (evidence_start >= 0),
        evidence_end INTEGER NOT NULL CHECK (evidence_end > evidence_start),
        text_hash TEXT NOT NULL,
        method TEXT NOT NULL,
        method_version TEXT NOT NULL,
        vocabulary_version TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '{}',
        PRIMARY KEY (listing_id, kind, code)
    )""",
    "CREATE INDEX annotations_code ON annotations(kind, code)",
    # The arrays and the summary are derived from listings and annotations, and can be rebuilt from them.
    """CREATE TABLE innovations (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        primary_theme TEXT,
        themes TEXT NOT NULL DEFAULT '[]',
        pledges TEXT NOT NULL DEFAULT '[]',
        criteria TEXT NOT NULL DEFAULT '[]',
        regions TEXT NOT NULL DEFAULT '[]',
        sources TEXT NOT NULL DEFAULT '[]',
        publishers TEXT NOT NULL DEFAULT '[]',
        first_published TEXT,
        last_published TEXT,
        listing_count INTEGER NOT NULL CHECK (listing_count >= 0),
        content_hash TEXT NOT NULL,
        first_seen_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        search_key INTEGER NOT NULL UNIQUE,
        search_text TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX innovations_primary_theme ON innovations(primary_theme)",
    """CREATE TABLE innovation_listings (
        listing_id TEXT PRIMARY KEY REFERENCES listings(id) ON DELETE CASCADE,
        innovation_id TEXT NOT NULL REFERENCES innovations(id) ON DELETE CASCADE,
        score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
        detail TEXT NOT NULL DEFAULT '{}'
    )""",
    "CREATE INDEX innovation_listings_innovation ON innovation_listings(innovation_id)",
    """CREATE TABLE innovation_fields (
        innovation_id TEXT NOT NULL REFERENCES innovations(id) ON DELETE CASCADE,
        field TEXT NOT NULL,
        listing_id TEXT NOT NULL REFERENCES listings(id) ON DELETE CASCADE,
        PRIMARY KEY (innovation_id, field)
    )""",
    """CREATE TABLE innovation_redirects (
        old_id TEXT PRIMARY KEY,
        new_id TEXT NOT NULL REFERENCES innovations(id) ON DELETE CASCADE,
        since TEXT NOT NULL
    )""",
    # No foreign key to innovations: a decision outlives every rebuild, and follows a merge through the redirects.
    """CREATE TABLE decisions (
        id INTEGER PRIMARY KEY,
        innovation_id TEXT NOT NULL,
        decision TEXT NOT NULL CHECK (decision IN ('shortlist', 'watch', 'pass-on', 'reject', 'skip', 'withdraw')),
        reason TEXT,
        note TEXT,
        regions TEXT NOT NULL DEFAULT '[]',
        actor TEXT NOT NULL,
        decided_at TEXT NOT NULL,
        withdraws INTEGER REFERENCES decisions(id)
    )""",
    "CREATE INDEX decisions_innovation ON decisions(innovation_id)",
    """CREATE TABLE exports (
        id INTEGER PRIMARY KEY,
        run_id TEXT REFERENCES runs(id) ON DELETE SET NULL,
        region TEXT NOT NULL REFERENCES regions(code),
        format TEXT NOT NULL,
        path TEXT NOT NULL,
        rows INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        exported_at TEXT NOT NULL
    )""",
)


@migrations(name="0001_tables")
def create_tables(db: Database) -> None:
    """Every table of the first release."""
    for statement in TABLES:
        db.conn.execute(statement)


# Porter stemming, so that "falls" finds "fall". Double quotes around the content table: Datasette looks for them and
# ignores a search on a table whose declaration has single ones.
SEARCH_INDEX = """CREATE VIRTUAL TABLE {table}_fts USING fts5(
    title, {column}, content="{table}", content_rowid="search_key", tokenize="porter unicode61 remove_diacritics 2"
)"""
SEARCH_TRIGGERS = (
    """CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN
        INSERT INTO {table}_fts(rowid, title, {column}) VALUES (new.search_key, new.title, new.{column});
    END""",
    """CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN
        INSERT INTO {table}_fts({table}_fts, rowid, title, {column})
        VALUES ('delete', old.search_key, old.title, old.{column});
    END""",
    """CREATE TRIGGER {table}_fts_update AFTER UPDATE OF title, {column} ON {table} BEGIN
        INSERT INTO {table}_fts({table}_fts, rowid, title, {column})
        VALUES ('delete', old.search_key, old.title, old.{column});
        INSERT INTO {table}_fts(rowid, title, {column}) VALUES (new.search_key, new.title, new.{column});
    END""",
)


@migrations(name="0002_full_text_search")
def create_full_text_search(db: Database) -> None:
    """FTS5 over innovations and listings, kept in step by triggers."""
    for table, column in (("innovations", "search_text"), ("listings", "text")):
        for statement in (SEARCH_INDEX, *SEARCH_TRIGGERS):
            db.conn.execute(statement.format(table=table, column=column))


@migrations(name="0003_browsing_indexes")
def create_browsing_indexes(db: Database) -> None:
    """What is newest, what was filtered out, and each source's last run, without reading whole tables."""
    db.conn.execute("CREATE INDEX innovations_first_seen ON innovations(first_seen_at, last_published)")
    db.conn.execute("CREATE INDEX listings_source_gone ON listings(source, gone_at)")
    db.conn.execute("CREATE INDEX filtration_kept ON filtration(kept)")
    db.conn.execute("CREATE INDEX run_counts_source ON run_counts(stage, source, run_id)")
    db.conn.execute("CREATE INDEX innovation_redirects_new ON innovation_redirects(new_id)")
    db.conn.execute("CREATE INDEX decisions_withdraws ON decisions(withdraws) WHERE withdraws IS NOT NULL")
    db.conn.execute("CREATE INDEX run_problems_run ON run_problems(run_id, source)")


@migrations(name="0004_scorecards")
def create_scorecards(db: Database) -> None:
    """How good the tagger is, as `horizon evaluate` measured it; one row a figure."""
    db.conn.execute("""CREATE TABLE scorecards (
        tagger_version TEXT NOT NULL,
        labels TEXT NOT NULL,
        position INTEGER NOT NULL,
        subject TEXT NOT NULL,
        figure TEXT NOT NULL,
        value REAL NOT NULL,
        low REAL NOT NULL,
        high REAL NOT NULL,
        positives INTEGER NOT NULL,
        ceiling REAL,
        is_enough INTEGER NOT NULL CHECK (is_enough IN (0, 1)),
        PRIMARY KEY (tagger_version, labels, subject, figure)
    )""")


@migrations(name="0005_tagger_parts")
def create_tagger_parts(db: Database) -> None:
    """What each tagger was made of, so that the next one reads again only what its changes can touch."""
    db.conn.execute("""CREATE TABLE tagger_parts (
        tagger_version TEXT NOT NULL,
        part TEXT NOT NULL,
        version TEXT NOT NULL,
        words TEXT,
        PRIMARY KEY (tagger_version, part)
    )""")
    db.conn.execute("CREATE INDEX filtration_tagger ON filtration(tagger_version)")


@migrations(name="0006_tag_corrections")
def create_tag_corrections(db: Database) -> None:
    """What reviewers add to the tags and take from them. No foreign key: a correction outlives its listing."""
    db.conn.execute("""CREATE TABLE tag_corrections (
        id INTEGER PRIMARY KEY,
        listing_id TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('theme', 'criterion', 'enabler', 'facet')),
        code TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('add', 'remove')),
        verdict TEXT CHECK (verdict IN ('met', 'planned')),
        quote TEXT,
        reason TEXT,
        author TEXT NOT NULL,
        corrected_at TEXT NOT NULL,
        text_hash TEXT NOT NULL
    )""")
    db.conn.execute("CREATE INDEX tag_corrections_listing ON tag_corrections(listing_id, kind, code)")


@migrations(name="0007_matching")
def create_matching_tables(db: Database) -> None:
    """What finding duplicates keeps between runs, so that a new listing is compared with its block only."""
    create_matching(db)
    db.conn.execute("CREATE INDEX innovation_fields_listing ON innovation_fields(listing_id, field)")


@migrations(name="0008_judgements")
def create_judgement_table(db: Database) -> None:
    """What reviewers say of two listings; it wins over the model."""
    create_judgements(db)


@migrations(name="0009_history")
def create_history_tables(db: Database) -> None:
    """What changed from one stored version of a listing to the next, and when listings were gone."""
    create_history(db)


@migrations(name="0010_rounds")
def create_round_tables(db: Database) -> None:
    """What a crawl has still to ask for and which hosts want to be left alone, so that a killed one goes on."""
    create_rounds(db)


@migrations(name="0011_suppressions")
def create_suppression_table(db: Database) -> None:
    """What somebody asked us to forget, as digests, so that it does not come back."""
    create_suppressions(db)


@migrations(name="0012_source_checks")
def create_source_check_table(db: Database) -> None:
    """How looks at live sources went."""
    create_source_checks(db)


def migrate(db: Database) -> list[str]:
    """Bring the schema and the views up to date and return what was applied now. Safe to call at every start."""
    pending = [migration.name for migration in migrations.pending(db)]
    if pending:
        migrations.apply(db)
    return pending + create_views(db)


def migration_names() -> list[str]:
    """The names of all migrations of this release, oldest first."""
    return [migration.name for migration in migrations.pending(Database(memory=True))]


def pending_migrations(db: Database) -> list[str]:
    """The names of the migrations that this database has not had yet, oldest first."""
    return [migration.name for migration in migrations.pending(db)]
