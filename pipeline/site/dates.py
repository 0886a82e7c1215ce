"""Dates as people read them."""

from __future__ import annotations

import re

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ].*)?")


def day(value: object) -> str:
    """An ISO 8601 date, possibly partial, in words: 2024-05-17T... -> 17 May 2024, 2024-05 -> May 2024, 2024 -> 2024.

    Anything else comes back as it is; None gives "".
    """
    if value is None:
        return ""
    match = PARTIAL_DATE.fullmatch(str(value))
    if not match or not 0 <= int(match[2] or 0) <= len(MONTHS):
        return str(value)
    month = MONTHS[int(match[2]) - 1] if match[2] and int(match[2]) else ""
    number = str(int(match[3])) if match[3] and month else ""
    return " ".join(part for part in (number, month, match[1]) if part)
