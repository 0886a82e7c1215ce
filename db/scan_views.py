"""The picture of a scan as views: flow, yields, what the scan is blind to, and an estimate of what it missed."""

from __future__ import annotations

FEW = 5  # with fewer innovations than this a region that asks has next to nothing to choose from; chosen
FEW_TWICE = 10  # below so many innovations seen twice the estimate is little more than a guess; chosen
Z_95 = 1.96  # two-sided 95 % of the normal distribution

FACET_DIMENSIONS = {"setting": ("care-setting",), "group": ("protected-characteristic", "core20plus5")}
PASSED_ON = """(SELECT innovation_id FROM current_decisions WHERE decision IN ('pass-on', 'shortlist'))"""


def _array(dimension: str, table: str, column: str) -> str:
    """Yields of what innovations carry as an array of codes; every code that there is has a row."""
    which = "WHERE t.kind = 'theme'" if dimension == "theme" else ""
    label = "label" if dimension == "theme" else "name"
    return f"""
        SELECT '{dimension}', t.code, t.{label}, NULL, NULL, coalesce(n.innovations, 0), NULL, coalesce(n.passed_on, 0)
        FROM {table} AS t LEFT JOIN (
            SELECT tag.value AS code, count(*) AS innovations, sum(i.id IN {PASSED_ON}) AS passed_on
            FROM open_innovations AS i, json_each(i.{column}) AS tag GROUP BY 1
        ) AS n ON n.code = t.code {which}"""


def _facet(dimension: str, facet: str) -> str:
    return f"""
        SELECT '{dimension}', t.code, t.label, NULL, NULL, coalesce(n.innovations, 0), NULL, coalesce(n.passed_on, 0)
        FROM terms AS t LEFT JOIN (
            SELECT code, count(*) AS innovations, sum(innovation_id IN {PASSED_ON}) AS passed_on FROM (
                SELECT DISTINCT a.code, m.innovation_id FROM annotations AS a
                JOIN innovation_listings AS m ON m.listing_id = a.listing_id
                WHERE a.kind = 'facet' AND a.code >= '{facet}:' AND a.code < '{facet};'
            ) GROUP BY 1
        ) AS n ON n.code = t.code
        WHERE t.kind = 'facet' AND t.parent = '{facet}'"""


BY_SOURCE = f"""
        SELECT 'source' AS dimension, s.name AS code, s.title AS label, coalesce(n.listings, 0) AS listings,
               coalesce(n.kept, 0) AS kept, coalesce(n.innovations, 0) AS innovations,
               coalesce(n.only_here, 0) AS only_here, coalesce(n.passed_on, 0) AS passed_on
        FROM sources AS s LEFT JOIN (
            SELECT l.source, count(*) AS listings, count(m.innovation_id) AS kept,
                   count(DISTINCT m.innovation_id) AS innovations,
                   count(DISTINCT iif(json_array_length(i.sources) = 1, i.id, NULL)) AS only_here,
                   count(DISTINCT iif(i.id IN {PASSED_ON}, i.id, NULL)) AS passed_on
            FROM listings AS l
            LEFT JOIN innovation_listings AS m ON m.listing_id = l.id
            LEFT JOIN innovations AS i ON i.id = m.innovation_id
            WHERE l.gone_at IS NULL GROUP BY 1
        ) AS n ON n.source = s.name"""
FACETS = [_facet(dimension, facet) for dimension, facets in FACET_DIMENSIONS.items() for facet in facets]

# Chao's lower bound from incidences, in its bias-corrected form, with variance and log-normal interval: Chao (1987),
# Biometrics 43: 783-791; formulas as in Colwell, EstimateS User's Guide, appendix B (Chao2).
ESTIMATE = f"""
        WITH counted AS (
            SELECT occasion, max(occasions) AS m, 1.0 * (max(occasions) - 1) / max(occasions) AS a,
                   sum(innovations) AS seen, total(innovations) FILTER (WHERE seen_by = 1) AS f1,
                   total(innovations) FILTER (WHERE seen_by = 2) AS f2
            FROM scan_overlap GROUP BY occasion
        ), bound AS (
            SELECT *, a * f1 * (f1 - 1) / (2 * (f2 + 1)) AS missed,
                   a * f1 * (f1 - 1) / (2 * (f2 + 1)) + a * a * f1 * pow(2 * f1 - 1, 2) / (4 * pow(f2 + 1, 2))
                   + a * a * f1 * f1 * f2 * pow(f1 - 1, 2) / (4 * pow(f2 + 1, 4)) AS variance
            FROM counted WHERE m > 1
        ), spread AS (
            SELECT *, exp({Z_95} * sqrt(ln(1 + variance / (missed * missed)))) AS k FROM bound WHERE missed > 0
        )
        SELECT b.occasion, b.m AS occasions, b.seen,
               CAST(b.f1 AS INTEGER) AS seen_once, CAST(b.f2 AS INTEGER) AS seen_twice,
               CAST(round(b.missed) AS INTEGER) AS missed_at_least,
               CAST(round(b.seen + b.missed) AS INTEGER) AS estimate,
               CAST(round(b.seen + b.missed / s.k) AS INTEGER) AS low,
               CAST(round(b.seen + b.missed * s.k) AS INTEGER) AS high,
               b.f2 >= {FEW_TWICE} AS is_enough
        FROM bound AS b LEFT JOIN spread AS s ON s.occasion = b.occasion
        ORDER BY b.occasion DESC"""

SCAN = {
    "scan_flow": """
        SELECT c.run_id AS run, r.finished_at, c.name ->> 0 AS scope, CAST(c.name ->> 1 AS INTEGER) AS place,
               c.name ->> 2 AS step, c.name ->> 3 AS reason, CAST(c.value AS INTEGER) AS count
        FROM run_counts AS c JOIN runs AS r ON r.id = c.run_id WHERE c.stage = 'flow'""",
    "scan_yields": " UNION ALL ".join(
        [BY_SOURCE, _array("theme", "terms", "themes"), _array("region", "regions", "regions"), *FACETS]
    ),
    "scan_blind_spots": f"""
        SELECT dimension, code, label, innovations FROM scan_yields
        WHERE dimension != 'source' AND innovations < {FEW} ORDER BY dimension, innovations, code""",
    "scan_overlap": """
        SELECT 'source' AS occasion, json_array_length(sources) AS seen_by, count(*) AS innovations,
               (SELECT count(DISTINCT source) FROM listings) AS occasions
        FROM innovations WHERE listing_count > 0 GROUP BY 2
        UNION ALL
        SELECT 'publisher', json_array_length(publishers), count(*), (SELECT count(DISTINCT publisher) FROM listings)
        FROM innovations WHERE listing_count > 0 AND publishers != '[]' GROUP BY 2""",
    "scan_estimate": ESTIMATE,
}
