"""What happened to each innovation, in plain words: its timeline, its changes, and which sources had it first."""

from __future__ import annotations

from db.history import KINDS

FACT_KINDS = {"gone": "No longer there", "back": "There again", "merged": "Merged"}
# Weaker to stronger, an order of our own: a trial above other comparisons, those above observation, a claim last.
EVIDENCE_RANK = {"claim-only": 0, "service-evaluation": 1, "real-world": 2, "economic": 2, "comparative": 3, "rct": 4}


def _cases(column: str, values: dict[str, str] | dict[str, int]) -> str:
    said = (f"WHEN '{key}' THEN {value if isinstance(value, int) else _quoted(value)}" for key, value in values.items())
    return f"CASE {column} {' '.join(said)} END"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _rank(code: str) -> str:
    return _cases(code, {f"evidence-type:{value}": rank for value, rank in EVIDENCE_RANK.items()})


NAME = "coalesce(t.label, a.detail ->> 'label')"
# What a tag that a later listing brings makes of it: the kind of event, or NULL for what is told nowhere.
BROUGHT = f"""CASE
    WHEN a.kind = 'theme' THEN 'theme-gained'
    WHEN a.kind = 'criterion' THEN 'criterion-gained'
    WHEN a.code GLOB 'regulatory:*' THEN 'mark-appeared'
    WHEN a.code GLOB 'region:*' THEN 'region-named'
    WHEN a.code GLOB 'status:*' THEN 'closed'
    WHEN a.code GLOB 'evidence-type:*' THEN 'evidence-raised'
    WHEN a.code GLOB 'organisation:*' THEN
        iif({NAME} GLOB '*NHS*' OR {NAME} GLOB '*Board*', 'site-named', 'organisation-named')
END"""
# A tag that a reviewer has taken away, and not given back, makes no news.
TAKEN_AWAY = """coalesce((
    SELECT c.action FROM tag_corrections AS c
    WHERE c.listing_id = {listing} AND c.kind = {kind} AND c.code = {code}
    ORDER BY c.corrected_at DESC, c.id DESC LIMIT 1), '') = 'remove'"""
TAG_KIND = (
    """CASE WHEN e.kind GLOB 'theme-*' THEN 'theme' WHEN e.kind GLOB 'criterion-*' THEN 'criterion' ELSE 'facet' END"""
)
GAINS = "('theme-gained', 'criterion-gained', 'mark-appeared', 'region-named', 'site-named', 'organisation-named')"

# What changed on the pages themselves, from one stored version to the next.
OF_VERSIONS = f"""
    SELECT e.id, m.innovation_id, e.happened_at, e.kind, e.code,
           coalesce(t.label, r.name, e.detail ->> 'label', e.detail ->> 'change', e.code) AS label,
           e.before, e.after, e.listing_id, e.version, e.detail,
           e.kind IN {GAINS} AND EXISTS (
               SELECT 1 FROM innovation_listings AS n
               CROSS JOIN annotations AS b ON b.listing_id = n.listing_id AND b.kind = {TAG_KIND} AND b.code = e.code
               CROSS JOIN listings AS o ON o.id = n.listing_id AND o.first_seen_at < e.happened_at
               WHERE n.innovation_id = m.innovation_id AND n.listing_id != e.listing_id
           ) AS is_known_elsewhere
    FROM change_events AS e
    LEFT JOIN innovation_listings AS m ON m.listing_id = e.listing_id
    LEFT JOIN terms AS t ON t.kind = {TAG_KIND} AND t.code = e.code
    LEFT JOIN regions AS r ON e.code GLOB 'region:*' AND r.code = substr(e.code, 8)
    WHERE e.code = '' OR NOT {TAKEN_AWAY.format(listing="e.listing_id", kind=TAG_KIND, code="e.code")}"""
# Pages that went, and came back. One that is gone belongs to nothing any more: what it belonged to was noted then.
ABSENT = """
    SELECT '{kind}-' || a.listing_id || '-' || a.{at}, a.innovation_id, a.{at}, '{kind}', '',
           coalesce(l.publisher, ''), NULL, NULL, a.listing_id, l.version, '{{}}', 0
    FROM listing_absences AS a JOIN listings AS l ON l.id = a.listing_id
    WHERE a.{at} IS NOT NULL"""
OF_ABSENCES = f"{ABSENT.format(kind='gone', at='gone_at')} UNION ALL {ABSENT.format(kind='back', at='back_at')}"
# Tags of the innovation's listings that were there before. CROSS JOIN keeps the order, from the few to their tags.
EARLIER = """SELECT 1 FROM innovation_listings AS n
          CROSS JOIN listings AS o ON o.id = n.listing_id AND o.first_seen_at < l.first_seen_at
          CROSS JOIN annotations AS b ON b.listing_id = o.id AND b.kind = a.kind"""
# What a listing that came after the innovation was known says of it that none before it said.
OF_LISTINGS = f"""
    SELECT 'brought-' || a.listing_id || '-' || a.kind || '-' || a.code, m.innovation_id, l.first_seen_at,
           {BROUGHT} AS kind, a.code, coalesce(t.label, r.name, a.detail ->> 'label', a.code), NULL, a.evidence,
           a.listing_id, l.version, '{{}}', 0
    FROM listings AS l
    JOIN innovation_listings AS m ON m.listing_id = l.id
    JOIN innovations AS i ON i.id = m.innovation_id AND l.first_seen_at > i.first_seen_at
    JOIN annotations AS a ON a.listing_id = l.id
    LEFT JOIN terms AS t ON t.kind = a.kind AND t.code = a.code
    LEFT JOIN regions AS r ON a.code GLOB 'region:*' AND r.code = substr(a.code, 8)
    WHERE a.kind IN ('theme', 'criterion', 'facet') AND {BROUGHT} IS NOT NULL
      AND NOT EXISTS ({EARLIER} AND b.code = a.code WHERE n.innovation_id = m.innovation_id)
      AND (a.code NOT GLOB 'evidence-type:*' OR NOT EXISTS (
          {EARLIER} AND b.code GLOB 'evidence-type:*' AND {_rank("b.code")} >= {_rank("a.code")}
          WHERE n.innovation_id = m.innovation_id))"""
OF_MERGES = """
    SELECT 'merged-' || d.old_id, d.new_id, d.since, 'merged', '', d.old_id, NULL, NULL, NULL, NULL, '{}', 0
    FROM innovation_redirects AS d"""

# The day on which a source had it: the day that the page gives, or else the day on which it was first seen, unless it
# stood there when the source was crawled for the first time: then nobody knows since when.
DATED = """
    SELECT m.innovation_id, l.source, l.id AS listing_id, l.first_seen_at,
           iif(length(l.published) >= 10, min(substr(l.published, 1, 10), substr(l.first_seen_at, 1, 10)),
               iif(v.run_id IS (
                   SELECT min(c.run_id) FROM run_counts AS c WHERE c.stage = 'crawl' AND c.source = l.source
               ), NULL, substr(l.first_seen_at, 1, 10))) AS dated_on,
           iif(length(l.published) >= 10, 'published', 'first seen') AS basis
    FROM innovation_listings AS m
    JOIN listings AS l ON l.id = m.listing_id
    LEFT JOIN listing_versions AS v ON v.listing_id = l.id AND v.version = 1"""

HISTORY = {
    "innovation_changes": f"""
        SELECT c.happened_at, c.innovation_id,
               iif(c.innovation_id IS NULL, NULL, coalesce(i.title, l.title)) AS innovation,
               {_cases("c.kind", {**KINDS, **FACT_KINDS})} || iif(c.label = '', '', ': ' || c.label) AS what,
               c.before, c.after, c.kind, c.code, c.is_known_elsewhere, c.listing_id, c.version, l.url, l.publisher,
               l.source, i.primary_theme, i.themes, i.regions, c.detail, c.id
        FROM ({OF_VERSIONS} UNION ALL {OF_ABSENCES} UNION ALL {OF_LISTINGS} UNION ALL {OF_MERGES}) AS c
        LEFT JOIN innovations AS i ON i.id = c.innovation_id
        LEFT JOIN listings AS l ON l.id = c.listing_id""",
    "timeline": f"""
        SELECT d.innovation_id, coalesce(d.dated_on, substr(d.first_seen_at, 1, 10)) AS happened_on, 'listed' AS kind,
               'Listed by ' || coalesce(l.publisher, s.title) || iif(d.dated_on IS NULL, ' (there when first crawled)',
               iif(d.basis = 'published', '', ' (first seen)')) AS what, l.source, d.listing_id, l.url,
               NULL AS before, NULL AS after, d.first_seen_at AS noticed_at, d.dated_on
        FROM ({DATED}) AS d JOIN listings AS l ON l.id = d.listing_id JOIN sources AS s ON s.name = l.source
        UNION ALL
        SELECT innovation_id, substr(happened_at, 1, 10), kind, what, source, listing_id, url, before, after,
               happened_at, NULL
        FROM innovation_changes WHERE innovation_id IS NOT NULL""",
    # Only innovations that two sources or more have had on a known day.
    "lead_times": f"""
        SELECT innovation_id, innovation, source, dated_on, days_after, place, sources, listing_id, basis,
               iif(place = 1, lead(days_after) OVER (PARTITION BY innovation_id ORDER BY days_after, source), NULL)
                   AS days_ahead
        FROM (
            SELECT f.*, i.title AS innovation,
                   CAST(julianday(dated_on) - julianday(min(dated_on) OVER same) AS INTEGER) AS days_after,
                   rank() OVER (PARTITION BY innovation_id ORDER BY dated_on) AS place, count(*) OVER same AS sources
            FROM (
                SELECT innovation_id, source, min(dated_on) AS dated_on, listing_id, basis FROM ({DATED})
                WHERE dated_on IS NOT NULL
                  AND innovation_id IN (SELECT id FROM innovations WHERE listing_count > 1)
                GROUP BY innovation_id, source
            ) AS f JOIN innovations AS i ON i.id = f.innovation_id
            WINDOW same AS (PARTITION BY innovation_id)
        ) WHERE sources > 1""",
    "source_leads": """
        WITH leads AS MATERIALIZED (SELECT source, place, days_after, days_ahead FROM lead_times), behind AS (
            SELECT source, avg(days_after) AS days FROM (
                SELECT source, days_after, row_number() OVER (PARTITION BY source ORDER BY days_after) AS place,
                       count(*) OVER (PARTITION BY source) AS n
                FROM leads WHERE place > 1
            ) WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY source
        ), ahead AS (
            SELECT source, avg(days_ahead) AS days FROM (
                SELECT source, days_ahead, row_number() OVER (PARTITION BY source ORDER BY days_ahead) AS place,
                       count(*) OVER (PARTITION BY source) AS n
                FROM leads WHERE place = 1
            ) WHERE place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY source
        )
        SELECT t.source, s.title, s.publisher, t.innovations, t.first,
               round(1.0 * t.first / t.innovations, 3) AS share_first,
               ahead.days AS median_days_ahead, behind.days AS median_days_behind
        FROM (
            SELECT source, count(*) AS innovations, sum(place = 1) AS first FROM leads GROUP BY source
        ) AS t
        JOIN sources AS s ON s.name = t.source
        LEFT JOIN ahead ON ahead.source = t.source LEFT JOIN behind ON behind.source = t.source
        ORDER BY share_first DESC, t.innovations DESC, t.source""",
}
