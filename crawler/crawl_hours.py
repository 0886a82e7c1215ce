"""The hours of the day within which a source may be asked, in London's time, whatever the clock does in March."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class CrawlHours:
    """From begin, included, to end, excluded; an end before the begin is on the next day."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> CrawlHours:
        """Hours written as "22:00-06:00". Raises ValueError when they are written otherwise or are empty."""
        found = WRITTEN.fullmatch(text)
        if not found:
            raise ValueError(f'{text!r} are no hours; allowed: two times of the day, such as "22:00-06:00"')
        hours = cls(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
        if hours.begin == hours.end:
            raise ValueError(f"{text!r} begins when it ends; leave the key out where every hour is allowed")
        return hours

    def seconds_left(self, at: datetime) -> float:
        """Seconds from `at` (with its time zone) to the end of the hours; 0 outside of them."""
        local = at.astimezone(LONDON)
        now = local.time()
        crosses_midnight = self.end < self.begin
        inside = now >= self.begin or now < self.end if crosses_midnight else self.begin <= now < self.end
        if not inside:
            return 0.0
        day = local.date() + timedelta(days=1 if now >= self.end else 0)
        end = datetime.combine(day, self.end, LONDON)
        return max((end.astimezone(UTC) - at.astimezone(UTC)).total_seconds(), 0.0)
