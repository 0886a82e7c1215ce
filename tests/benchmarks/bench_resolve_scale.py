"""What finding duplicates costs as the store grows: `python tests/benchmarks/bench_resolve_scale.py [LISTINGS ...]`.

Makes listings (10,000 and 100,000 unless told), four in ten of them one of two to four about a shared innovation: a
made-up name, sentences of the catalogue in new company. Prints for each size the seconds and the memory of the first
resolution, how many of the groups came out exactly, and what a day's 100 new listings cost after it, in seconds of
processor time and as a ratio to the first size.
"""

import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from sqlite_utils import Database

sys.path.insert(0, str(Path(__file__).parents[1]))

from catalogue_database import REGIONS, SEEN_AT, SOURCE, catalogue_records, new_database

from db import keys
from db.database import transaction
from pipeline.resolve.stage import resolve_listings

SIZES = (10_000, 100_000)
DAY = 100
BATCH = 1_000
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "xu",
    "za",
    "bri",
    "cla",
    "dre",
    "flo",
    "gra",
    "pli",
    "sta",
    "tri",
]
GROUP_SIZES = (1, 1, 1, 1, 1, 1, 2, 2, 3, 4)


def sentence_pool():
    return [
        sentence
        for record in catalogue_records()
        for sentence in record["text"].split(". ")
        if 40 < len(sentence) < 220 and not any(word[1:] != word[1:].lower() for word in sentence.split())
    ]


def made(chance, pool, count, start=0):
    """Records of `count` listings, group by group."""
    number = start
    while number < start + count:
        name = "".join(chance.choice(SYLLABLES) for _ in range(4)).capitalize()
        figure = f"{chance.randint(11, 99)},{chance.randint(100, 999)}"
        own = chance.sample(pool, 3)
        for _ in range(min(chance.choice(GROUP_SIZES), start + count - number)):
            title = f"{name}: {' '.join(chance.choice(pool).split()[:5])}"
            rest = chance.sample(pool, 4)
            body = [f"{name} reached {figure} people", *own[: chance.randint(1, 3)], *rest, f"Staff say {name} helps"]
            yield {"name": name, "title": title, "text": ". ".join(body) + ".", "url": f"https://x.test/{number}"}
            number += 1


def store(db: Database, records):
    batch = []
    for record in records:
        listing_id = keys.listing_id(SOURCE, record["url"])
        said = keys.digest(record["title"], record["text"])
        batch.append(
            (listing_id, keys.search_key(listing_id), SOURCE, record["url"], record["url"], record["name"],
             record["title"], record["text"], said, said, SEEN_AT, SEEN_AT)
        )  # fmt: skip
    columns = "id, search_key, source, url, fetched_url, record_id, title, text, text_hash, content_hash"
    for start in range(0, len(batch), BATCH):
        rows = batch[start : start + BATCH]
        with transaction(db):
            marks = f"({', '.join('?' * 12)[:-3]}, 1, ?, ?)"
            marks = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)"
            db.conn.executemany(
                f"INSERT INTO listings ({columns}, version, first_seen_at, changed_at) VALUES {marks}", rows
            )
            db.conn.executemany(
                """INSERT INTO filtration (listing_id, kept, reason, score, content_hash, text_hash, tagger_version)
                   VALUES (?, 1, 'an innovation', 0.9, ?, ?, 'x')""",
                [(row[0], row[8], row[9]) for row in rows],
            )


def right_groups(db: Database):
    """The share of made-up innovations whose listings are one innovation, and it holds no other."""
    sql = "SELECT m.innovation_id, l.record_id FROM innovation_listings AS m JOIN listings AS l ON l.id = m.listing_id"
    by_name, by_innovation = {}, {}
    for innovation, name in db.conn.execute(sql):
        by_name.setdefault(name, set()).add(innovation)
        by_innovation.setdefault(innovation, set()).add(name)
    right = sum(len(found) == 1 and len(by_innovation[next(iter(found))]) == 1 for found in by_name.values())
    return right / len(by_name)


def measure(size: int):
    pool, chance = sentence_pool(), random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        db = new_database(Path(folder) / "i.db")
        store(db, made(chance, pool, size))
        start = time.process_time()
        counts = resolve_listings(db)
        first = time.process_time() - start
        share = right_groups(db)
        store(db, made(random.Random(6), pool, DAY, start=size))
        start = time.process_time()
        day = resolve_listings(db)
        seconds = time.process_time() - start
        bytes_ = (Path(folder) / "i.db").stat().st_size
    return {
        "listings": size,
        "innovations": counts["innovations"],
        "pairs_compared": counts["compared"],
        "first_seconds": round(first, 1),
        "right_groups": round(share, 4),
        "day_seconds": round(seconds, 3),
        "day_pairs": day["compared"],
        "database_megabytes": round(bytes_ / 2**20),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> int:
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    results = [measure(size) for size in sizes]
    for result in results:
        result["day_ratio_to_first"] = round(result["day_seconds"] / results[0]["day_seconds"], 2)
        sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    assert REGIONS
    sys.exit(main())
