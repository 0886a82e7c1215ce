"""What changed between two editions of one list: records added, dropped, and changed field by field.

A list is a CSV file, a JSON array of objects, or JSON Lines. The editions may name their columns differently: columns
are matched by what stands in them. A mere difference of writing (case, spaces, entities, typographic signs, a final
full stop, the notation of a date) is no change.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.console import Console, table_lines
from pipeline.errors import RequestError
from pipeline.export.csv import write_csv
from pipeline.export.files import write_whole

Record = dict[str, str]

SAME_COLUMN_SHARE = 0.5  # of the records in both editions that must agree for two columns to be one; chosen
DASHES = re.compile("[\u2010-\u2015\u2212]")
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
MONTHS = 12
COLUMNS = ("change", "key", "field", "before", "after")  # of a row of changes


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one record that says something else now; field is the column's name in the older edition."""

    key: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ListChanges:
    """added and dropped: keys in order; changed: by key, then in the order of the columns.

    columns: column of the older edition -> column of the newer. rewritten: fields that differ in writing only.
    """

    added: list[str]
    dropped: list[str]
    changed: list[FieldChange]
    columns: dict[str, str]
    rewritten: int


def read_list(path: Path) -> list[Record]:
    """The records of a list, every value as text, empty for none. Raises RequestError naming the file and the line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix.lower() == ".csv":
            return [_as_text(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            return [_as_text(json.loads(line)) for line in text.split("\n") if line.strip()]
        if path.suffix.lower() == ".json":
            return [_as_text(one) for one in json.loads(text)]
    except (OSError, ValueError, TypeError, AttributeError, csv.Error) as error:
        raise RequestError(f"{path} is no list of records: {error}; wanted: CSV, a JSON array or JSON Lines") from error
    raise RequestError(f"{path}: {path.suffix or 'no ending'} is not known; allowed: .csv, .json, .jsonl, .ndjson")


def _as_text(row: Mapping[str, object]) -> Record:
    return {str(name): "" if value is None else str(value) for name, value in row.items()}


def compare_lists(old: Sequence[Record], new: Sequence[Record], key: str | None = None) -> ListChanges:
    """Compare two editions by the column `key` of the older one (by default the one that tells records apart best).

    Raises RequestError for a key that is unknown, empty or not unique, or that nothing in the newer edition answers.
    """
    old_plain, new_plain = plain_columns(old), plain_columns(new)
    key, new_key = _keys(old_plain, new_plain, key)
    before, after = _by_key(old_plain, key), _by_key(new_plain, new_key)
    both = [(row, after[value]) for value, row in before.items() if value in after]
    columns = _same_columns(old_plain, new_plain, both, but=(key, new_key))
    written = [old[row][key].strip() for row in range(len(old))]
    changed = [
        FieldChange(written[row], column, old[row][column], new[other][columns[column]])
        for row, other in both
        for column in columns
        if old_plain[column][row] != new_plain[columns[column]][other]
    ]
    differing = sum(old[row][one] != new[other][two] for row, other in both for one, two in columns.items())
    return ListChanges(
        added=[new[row][new_key].strip() for value, row in after.items() if value not in before],
        dropped=[written[row] for value, row in before.items() if value not in after],
        changed=changed,
        columns={key: new_key, **columns},
        rewritten=differing - len(changed),
    )


def plain_columns(records: Sequence[Record]) -> dict[str, list[str]]:
    """Column -> its values without differences of writing, in the order of the records."""
    names = list(dict.fromkeys(name for record in records for name in record))
    found = {}
    for name in names:
        values = [_plain(record.get(name, "")) for record in records]
        is_day_first = any(int(match[1]) > MONTHS for value in values if (match := SLASHED.fullmatch(value)))
        found[name] = [_dated(value, is_day_first=is_day_first) for value in values]
    return found


def _plain(value: str) -> str:
    text = unicodedata.normalize("NFKC", html.unescape(value)).translate(QUOTES)
    return " ".join(DASHES.sub("-", text).split()).casefold().rstrip(".").rstrip()


def _dated(value: str, *, is_day_first: bool) -> str:
    """A date with slashes as ISO 8601; month first, as in the United States, unless the column shows otherwise."""
    match = SLASHED.fullmatch(value)
    if match is None:
        return value
    month, day = (match[2], match[1]) if is_day_first else (match[1], match[2])
    return f"{match[3]}-{int(month):02}-{int(day):02}"


def _keys(old: Mapping[str, list[str]], new: Mapping[str, list[str]], key: str | None) -> tuple[str, str]:
    """The key's column in both editions: of the unique ones, the two that share most values."""
    if key is not None and key not in old:
        raise RequestError(f"--key: there is no column {key!r}; the older list has: {', '.join(old)}")
    ones = [key] if key is not None else [name for name in old if _is_unique(old[name])]
    if key is not None and not _is_unique(old[key]):
        raise RequestError(f"--key: column {key!r} is empty or the same on several records: {_repeated(old[key])}")
    shared = {(one, two): len(set(old[one]) & set(new[two])) for one in ones for two in new if _is_unique(new[two])}
    best = max(shared, key=lambda pair: shared[pair], default=None)
    if best is None or not shared[best]:
        raise RequestError(
            "no column tells the records of both lists apart; name one with --key; the older list has: "
            + ", ".join(old)
        )
    return best


def _is_unique(values: Sequence[str]) -> bool:
    return bool(values) and all(values) and len(set(values)) == len(values)


def _repeated(values: Iterable[str]) -> str:
    return ", ".join(repr(value) for value, count in Counter(values).most_common(3) if count > 1 or not value)


def _by_key(columns: Mapping[str, list[str]], key: str) -> dict[str, int]:
    return {value: row for row, value in enumerate(columns[key])}


def _same_columns(
    old: Mapping[str, list[str]],
    new: Mapping[str, list[str]],
    both: Sequence[tuple[int, int]],
    but: tuple[str, str],
) -> dict[str, str]:
    """Column of the older edition -> the column of the newer that agrees most; of equals the one named more alike."""
    agreed = sorted(
        (-_agreement(old[one], new[two], both), -_named_alike(one, two), place, two)
        for place, one in enumerate(old)
        for two in new
        if one != but[0] and two != but[1]
    )
    names = list(old)
    found: dict[str, str] = {}
    for agreement, _, place, two in agreed:
        if -agreement >= SAME_COLUMN_SHARE and names[place] not in found and two not in found.values():
            found[names[place]] = two
    return {name: found[name] for name in names if name in found}


def _agreement(one: Sequence[str], two: Sequence[str], both: Sequence[tuple[int, int]]) -> float:
    return sum(one[row] == two[other] for row, other in both) / max(len(both), 1)


def _named_alike(one: str, two: str) -> float:
    words = [set(re.findall(r"[a-z0-9]+", name.casefold())) for name in (one, two)]
    return len(words[0] & words[1]) / max(len(words[0] | words[1]), 1)


def change_rows(changes: ListChanges) -> list[dict[str, str]]:
    """The changes as rows with the same columns: change, key, field, before, after."""
    rows = [("added", one, "", "", "") for one in changes.added] + [
        ("dropped", one, "", "", "") for one in changes.dropped
    ]
    rows += [("changed", one.key, one.field, one.before, one.after) for one in changes.changed]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def summary(changes: ListChanges) -> str:
    """One sentence: how many records were added, dropped, changed, and in which fields."""
    fields = Counter(one.field for one in changes.changed)
    records = len({one.key for one in changes.changed})
    named = ", ".join(f"{field} {count}" for field, count in fields.most_common())
    return (
        f"{len(changes.added)} added, {len(changes.dropped)} dropped, {records} changed"
        f"{f' ({named})' if named else ''}; {changes.rewritten} fields differ in writing only"
    )


def tell_changes(old: Path, new: Path, key: str | None, out: Path | None, console: Console) -> None:
    """Compare two files and say what changed; `out`: a CSV file that takes every change, a row each."""
    changes = compare_lists(read_list(old), read_list(new), key)
    rows = change_rows(changes)
    if out is not None:
        write_whole(out, lambda part: write_csv(part, COLUMNS, ([row[name] for name in COLUMNS] for row in rows)))
        console.say(f"wrote {len(rows)} changes to {out}")
    matched = [f"column {one!r} is {two!r} in {new.name}" for one, two in changes.columns.items() if one != two]
    values = {"summary": summary(changes), "columns": changes.columns, "changes": rows}
    shown = [] if out is not None else table_lines(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    console.result(values, [*shown, *matched, summary(changes)])
