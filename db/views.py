"""The joins that people and exports read, in plain words; rebuilt whenever a definition differs from the stored one.

No view joins two large tables without an index on the inner one; every list of labels is looked up by primary key.
"""

from __future__ import annotations

from sqlite_utils import Database

from db.database import transaction
from db.history_views import HISTORY
from db.judgements import HOLDS
from db.scan_views import SCAN

DOUBTFUL = (0.15, 0.85)  # scores between which a person's word tells more than the model's; chosen

CANDIDATES = {
    # The latest decision that has not been withdrawn, following merges to the id that is in use now.
    "current_decisions": """
        SELECT innovation_id, decision, reason, note, regions, actor, decided_at
        FROM (
            SELECT coalesce(moved.new_id, d.innovation_id) AS innovation_id,
                   d.decision, d.reason, d.note, d.regions, d.actor, d.decided_at,
                   row_number() OVER (
                       PARTITION BY coalesce(moved.new_id, d.innovation_id) ORDER BY d.decided_at DESC, d.id DESC
                   ) AS position
            FROM decisions AS d
            LEFT JOIN innovation_redirects AS moved ON moved.old_id = d.innovation_id
            WHERE d.decision != 'withdraw'
              AND d.id NOT IN (SELECT withdraws FROM decisions WHERE withdraws IS NOT NULL)
        )
        WHERE position = 1""",
    # What the site and the regions' lists show: every innovation that has listings and that no reviewer has rejected.
    "open_innovations": """
        SELECT i.* FROM innovations AS i
        WHERE i.listing_count > 0
          AND i.id NOT IN (SELECT innovation_id FROM current_decisions WHERE decision = 'reject')""",
    # The same with labels in words and the decision, which is looked up by index for each row, and not at all where a
    # query does not ask for it.
    "candidate_list": """
        SELECT i.id, i.title, i.summary, i.primary_theme, i.themes, i.pledges, i.criteria, i.regions, i.sources,
               i.publishers, i.first_published, i.last_published, i.listing_count, i.first_seen_at, i.changed_at,
               d.decision, d.reason AS decision_reason, d.decided_at,
               (SELECT group_concat(t.label, '; ' ORDER BY t.position)
                FROM json_each(i.themes) AS tag JOIN terms AS t ON t.kind = 'theme' AND t.code = tag.value
               ) AS theme_labels,
               (SELECT group_concat(r.name, '; ' ORDER BY r.name)
                FROM json_each(i.regions) AS place JOIN regions AS r ON r.code = place.value) AS region_names,
               (SELECT l.url FROM innovation_listings AS j JOIN listings AS l ON l.id = j.listing_id
                WHERE j.innovation_id = i.id
                ORDER BY l.gone_at IS NOT NULL, l.published IS NULL, l.published, l.id LIMIT 1) AS url
        FROM open_innovations AS i
        LEFT JOIN decisions AS d ON d.id = (
            SELECT x.id FROM decisions AS x
            WHERE x.innovation_id IN (
                    SELECT i.id UNION ALL SELECT old_id FROM innovation_redirects WHERE new_id = i.id
                )
              AND x.decision != 'withdraw' AND NOT EXISTS (SELECT 1 FROM decisions AS w WHERE w.withdraws = x.id)
            ORDER BY x.decided_at DESC, x.id DESC LIMIT 1)""",
}

EVIDENCE = {
    # Every tag with the sentence that carries it.
    "tags": """
        SELECT j.innovation_id, i.title AS innovation, a.listing_id, l.title AS listing, l.url, l.publisher, l.source,
               a.kind, a.code, coalesce(t.label, r.name, a.code) AS label, a.verdict, a.is_primary, a.score,
               a.evidence, a.evidence_start, a.evidence_end, a.method, a.method_version, a.vocabulary_version
        FROM annotations AS a
        JOIN listings AS l ON l.id = a.listing_id
        LEFT JOIN innovation_listings AS j ON j.listing_id = a.listing_id
        LEFT JOIN innovations AS i ON i.id = j.innovation_id
        LEFT JOIN terms AS t ON t.kind = a.kind AND t.code = a.code
        LEFT JOIN regions AS r ON a.kind = 'facet' AND a.code GLOB 'region:*' AND r.code = substr(a.code, 8)""",
    # What was crawled and is no innovation, and why.
    "filtered_out": """
        SELECT l.id AS listing_id, l.title AS listing, l.url, l.publisher, l.source, f.reason, f.score, f.evidence,
               l.first_seen_at, f.tagger_version
        FROM filtration AS f
        JOIN listings AS l ON l.id = f.listing_id
        WHERE f.kept = 0""",
    # Listings that were joined into one innovation, and what spoke for it.
    "duplicates": """
        SELECT j.innovation_id, i.title AS innovation, j.listing_id, l.title AS listing, l.url, l.publisher, l.source,
               l.published, j.score, j.detail AS why
        FROM innovations AS i
        JOIN innovation_listings AS j ON j.innovation_id = i.id
        JOIN listings AS l ON l.id = j.listing_id
        WHERE i.listing_count > 1""",
}

JUDGING = {
    # What reviewers said of pairs of listings, as far as it holds.
    "judged_pairs": f"""
        SELECT h.id, h.one, l.title, l.url, h.other, o.title AS other_title, o.url AS other_url, h.verdict, h.reason,
               h.author, h.judged_at
        FROM ({HOLDS.format(which="1")}) AS h
        LEFT JOIN listings AS l ON l.id = h.one LEFT JOIN listings AS o ON o.id = h.other""",
    # Pairs that the model is not sure of and nobody has judged; doubt is 1 where it is wholly unsure.
    "doubtful_pairs": f"""
        SELECT min(l.id, o.id) AS one, iif(l.id < o.id, l.title, o.title) AS title, max(l.id, o.id) AS other,
               iif(l.id < o.id, o.title, l.title) AS other_title, p.score, round(1 - abs(2 * p.score - 1), 4) AS doubt,
               coalesce(m.innovation_id = n.innovation_id, 0) AS is_joined
        FROM match_pairs AS p
        JOIN listings AS l ON l.search_key = p.one JOIN listings AS o ON o.search_key = p.other
        LEFT JOIN innovation_listings AS m ON m.listing_id = l.id
        LEFT JOIN innovation_listings AS n ON n.listing_id = o.id
        WHERE p.score BETWEEN {DOUBTFUL[0]} AND {DOUBTFUL[1]}
          AND coalesce((
              SELECT j.verdict FROM judgements AS j WHERE j.one = min(l.id, o.id) AND j.other = max(l.id, o.id)
              ORDER BY j.judged_at DESC, j.id DESC LIMIT 1), 'withdraw') = 'withdraw'""",
}

OVERVIEWS = {
    "themes_overview": """
        SELECT t.code AS theme, t.label, t.definition, coalesce(n.innovations, 0) AS innovations,
               coalesce(n.as_primary, 0) AS as_primary, n.newest_seen_at
        FROM terms AS t
        LEFT JOIN (
            SELECT tag.value AS theme, count(*) AS innovations, sum(i.primary_theme = tag.value) AS as_primary,
                   max(i.first_seen_at) AS newest_seen_at
            FROM candidate_list AS i, json_each(i.themes) AS tag GROUP BY 1
        ) AS n ON n.theme = t.code
        WHERE t.kind = 'theme'
        ORDER BY t.position""",
    "pledge_criteria_overview": """
        SELECT t.code AS criterion, t.label, t.definition, t.parent AS pledge, p.label AS pledge_label,
               coalesce(n.met, 0) AS met, coalesce(n.planned, 0) AS planned,
               (SELECT count(*) FROM candidate_list) - coalesce(n.met, 0) - coalesce(n.planned, 0) AS not_evidenced
        FROM terms AS t
        LEFT JOIN terms AS p ON p.kind = 'pledge' AND p.code = t.parent
        LEFT JOIN (
            SELECT substr(tag.value, 1, instr(tag.value, ':') - 1) AS criterion,
                   sum(tag.value LIKE '%:met') AS met, sum(tag.value LIKE '%:planned') AS planned
            FROM candidate_list AS i, json_each(i.criteria) AS tag GROUP BY 1
        ) AS n ON n.criterion = t.code
        WHERE t.kind = 'criterion'
        ORDER BY t.position""",
    # What each source's listings of a week are about, beside the same source's weeks before.
    "theme_drift": """
        WITH weekly AS (
            SELECT l.source, strftime('%G-W%V', l.changed_at) AS week, count(*) AS listings
            FROM listings AS l JOIN filtration AS f ON f.listing_id = l.id AND f.kept = 1
            GROUP BY 1, 2
        ), tagged AS (
            SELECT l.source, strftime('%G-W%V', l.changed_at) AS week, a.code AS theme,
                   count(*) AS tagged, avg(a.score) AS mean_score
            FROM annotations AS a JOIN listings AS l ON l.id = a.listing_id
            WHERE a.kind = 'theme' GROUP BY 1, 2, 3
        ), shares AS (
            SELECT w.source, w.week, t.code AS theme, w.listings, coalesce(g.tagged, 0) AS tagged, g.mean_score
            FROM weekly AS w JOIN terms AS t ON t.kind = 'theme'
            LEFT JOIN tagged AS g ON g.source = w.source AND g.week = w.week AND g.theme = t.code
        )
        SELECT source, week, theme, listings, tagged, round(1.0 * tagged / listings, 3) AS share,
               round(mean_score, 3) AS mean_score,
               coalesce(sum(listings) OVER before, 0) AS listings_before,
               coalesce(sum(tagged) OVER before, 0) AS tagged_before,
               round(1.0 * sum(tagged) OVER before / sum(listings) OVER before, 3) AS share_before,
               round(sum(tagged * mean_score) OVER before / sum(tagged) OVER before, 3) AS mean_score_before
        FROM shares
        WINDOW before AS (PARTITION BY source, theme ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ORDER BY week DESC, source, theme""",
    # Run ids sort by time, so the latest run of a source is its largest.
    "source_health": """
        SELECT s.name AS source, s.title, s.publisher, s.enabled, s.frequency, s.last_crawled_at, s.last_status,
               s.floor, coalesce(found.listings, 0) AS listings, coalesce(found.kept, 0) AS kept,
               coalesce(found.filtered_out, 0) AS filtered_out, coalesce(found.gone, 0) AS gone,
               last.run_id AS last_run, last.requests, last.not_modified, last.new, last.changed, last.unchanged,
               last.errors, coalesce(trouble.problems, 0) AS problems, trouble.last_problem
        FROM sources AS s
        LEFT JOIN (
            SELECT l.source, sum(l.gone_at IS NULL) AS listings, sum(l.gone_at IS NOT NULL) AS gone,
                   sum(l.gone_at IS NULL AND f.kept = 1) AS kept,
                   sum(l.gone_at IS NULL AND f.kept = 0) AS filtered_out
            FROM listings AS l LEFT JOIN filtration AS f ON f.listing_id = l.id GROUP BY l.source
        ) AS found ON found.source = s.name
        LEFT JOIN (
            SELECT c.source, c.run_id,
                   CAST(max(c.value) FILTER (WHERE c.name = 'requests') AS INTEGER) AS requests,
                   CAST(max(c.value) FILTER (WHERE c.name = 'not_modified') AS INTEGER) AS not_modified,
                   CAST(max(c.value) FILTER (WHERE c.name = 'new') AS INTEGER) AS new,
                   CAST(max(c.value) FILTER (WHERE c.name = 'changed') AS INTEGER) AS changed,
                   CAST(max(c.value) FILTER (WHERE c.name = 'unchanged') AS INTEGER) AS unchanged,
                   CAST(max(c.value) FILTER (WHERE c.name = 'errors') AS INTEGER) AS errors
            FROM run_counts AS c
            JOIN (SELECT source, max(run_id) AS run_id FROM run_counts WHERE stage = 'crawl' GROUP BY source) AS latest
              ON latest.source = c.source AND latest.run_id = c.run_id
            WHERE c.stage = 'crawl' GROUP BY c.source, c.run_id
        ) AS last ON last.source = s.name
        LEFT JOIN (
            SELECT run_id, source, count(*) AS problems, message AS last_problem, max(id) AS latest_id
            FROM run_problems GROUP BY run_id, source
        ) AS trouble ON trouble.source = s.name AND trouble.run_id = last.run_id""",
    "run_reports": """
        SELECT r.id AS run, r.command, r.status, r.started_at, r.finished_at,
               unixepoch(r.finished_at) - unixepoch(r.started_at) AS seconds, r.version,
               n.sources, n.requests, n.new, n.changed, n.unchanged,
               coalesce(p.warnings, 0) AS warnings, coalesce(p.errors, 0) AS errors
        FROM runs AS r
        LEFT JOIN (
            SELECT run_id, count(DISTINCT source) AS sources,
                   CAST(sum(value) FILTER (WHERE name = 'requests') AS INTEGER) AS requests,
                   CAST(sum(value) FILTER (WHERE name = 'new') AS INTEGER) AS new,
                   CAST(sum(value) FILTER (WHERE name = 'changed') AS INTEGER) AS changed,
                   CAST(sum(value) FILTER (WHERE name = 'unchanged') AS INTEGER) AS unchanged
            FROM run_counts WHERE stage = 'crawl' AND source != '' GROUP BY run_id
        ) AS n ON n.run_id = r.id
        LEFT JOIN (
            SELECT run_id, sum(severity = 'warning') AS warnings, sum(severity = 'error') AS errors
            FROM run_problems GROUP BY run_id
        ) AS p ON p.run_id = r.id""",
}

VIEWS = {**CANDIDATES, **EVIDENCE, **JUDGING, **HISTORY, **OVERVIEWS, **SCAN}


def create_views(db: Database) -> list[str]:
    """Make the stored views equal to VIEWS and return the names of those made anew; a team's own views stay."""
    if not _differing(db):
        return []
    with transaction(db):  # all or nothing, and asked again inside: another process may have made them meanwhile
        changed = _differing(db)
        for name in changed:
            db.conn.execute(f"DROP VIEW IF EXISTS {name}")
            db.conn.execute(f"CREATE VIEW {name} AS {VIEWS[name]}")
    return changed


def _differing(db: Database) -> list[str]:
    stored = {view.name: view.schema for view in db.views}
    return [name for name, sql in VIEWS.items() if stored.get(name) != f"CREATE VIEW {name} AS {sql}"]
