"""The joins that people and exports read, in plain words; rebuilt whenever a definition differs from the stored one."""

from __future__ import annotations

from sqlite_utils import Database

VIEWS = {
    # The latest decision that has not been withdrawn, following merges to the id that is in use now.
    "current_decisions": """
        SELECT coalesce(moved.new_id, d.innovation_id) AS innovation_id,
               d.decision, d.reason, d.note, d.regions, d.actor, max(d.decided_at) AS decided_at
        FROM decisions AS d
        LEFT JOIN innovation_redirects AS moved ON moved.old_id = d.innovation_id
        WHERE d.decision != 'withdraw' AND d.id NOT IN (SELECT withdraws FROM decisions WHERE withdraws IS NOT NULL)
        GROUP BY 1""",
    # What a region's list and the browsable pipeline both read: every innovation that no reviewer has rejected.
    "candidate_list": """
        SELECT i.id, i.title, i.summary, i.primary_theme, i.themes, i.pledges, i.criteria, i.regions, i.sources,
               i.publishers, i.first_published, i.last_published, i.listing_count, i.first_seen_at, i.changed_at,
               d.decision, d.decided_at
        FROM innovations AS i
        LEFT JOIN current_decisions AS d ON d.innovation_id = i.id
        WHERE d.decision IS NULL OR d.decision != 'reject'""",
}


def create_views(db: Database) -> list[str]:
    """Make the stored views equal to VIEWS and return the names of those made anew; a team's own views stay."""
    stored = {view.name: view.schema for view in db.views}
    changed = [name for name, sql in VIEWS.items() if stored.get(name) != f"CREATE VIEW {name} AS {sql}"]
    for name in changed:
        db.conn.execute(f"DROP VIEW IF EXISTS {name}")
        db.conn.execute(f"CREATE VIEW {name} AS {VIEWS[name]}")
    return changed
