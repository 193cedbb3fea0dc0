"""Providers play at real processes that are killed and cut off from each other: nothing is lost, nothing is doubled.

The short form of `make soak`; and the proof that its verdict sees what is wrong.
"""

from collections import Counter
from itertools import islice

from tests.fault import house as houses
from tests.fault.altered import ALTERATIONS, Altered
from tests.fault.altered_pockets import OF_POCKETS, AlteredPockets
from tests.fault.chaos import Mood
from tests.fault.judged import judged
from tests.fault.pen import Cast
from tests.fault.script import STORIES, stories
from tests.fault.siege import laid
from tests.fault.speakers import OK, SPEAKERS
from tests.fault.storm import seeded
from tests.fault.verdict import verdict

CAST = Cast(hot=3, rich=12, poor=6, plain=3, roving=2)
BAD = Mood(quiet=(10, 30), lasting=0.8, forgets=False)
CALM = Mood(quiet=(60, 80), lasting=0.2, kills=False, forgets=False)


NEEDED = {"withdraw", "settle", "hold", "capture", "release", "execute", "freeze", "register", "transfer", "redeem"}
"""What patrons must have done before there is something of every kind to alter."""

GRANTS, CONVERSIONS = 12, 3
"""Then some of each kind are among them, and a conversion that stands."""


def enough(log):
    """Whether it was done, and so many gifts were granted and conversions made."""
    done = Counter(log.orders[key].word for key, heard in log.heard.items() if heard.reason == OK)
    made = done["execute"] - done["reverse"]
    return done.keys() >= NEEDED and done["grant"] >= GRANTS and made >= CONVERSIONS


async def besieged(address, folder, mood, harms, *, until=lambda _: True, **house):
    """Return what is left of a siege, its books, and the patrons' rows; it goes on `until` they have done enough."""
    seed = str(seeded().randrange(10**9))
    async with (
        houses.opened(address, folder, **house) as opened,
        laid(opened, seed, CAST, mood, busy=16) as siege,
    ):
        await siege.storm(lambda count: count < harms or not until(siege.counter.log))
        ledger, raw = await siege.books(again=100)
    print(dict(siege.record.counts), dict(siege.chaos.counts), len(raw.rows["transactions"]), "of patrons")
    return siege, ledger, raw


async def test_a_storm_on_sqlite_leaves_the_books_as_the_providers_have_them(sqlite_database, tmp_path):
    siege, ledger, raw = await besieged(sqlite_database, tmp_path, BAD, 4)
    assert verdict(siege.record, ledger, CAST.purses) == []
    assert judged(siege.counter.log, raw) == []


async def test_a_storm_at_two_cores_of_one_postgres_leaves_the_books_as_the_providers_have_them(cluster, tmp_path):
    siege, ledger, raw = await besieged(cluster.dsn, tmp_path, BAD, 5, cores=2, cluster=cluster)
    assert verdict(siege.record, ledger, CAST.purses) == []
    assert judged(siege.counter.log, raw) == []


def test_a_seed_writes_one_script():
    first, second, other = (list(islice(stories(seed, CAST), 500)) for seed in ("1", "1", "2"))
    assert first == second != other
    assert {story.kind for story in first} == {write.__name__ for write in STORIES}
    assert {send.request.provider_id for story in first for step in story.steps for send in step} == {
        speaker.provider_id for speaker in SPEAKERS
    }


async def test_the_verdict_finds_whatever_is_made_otherwise(sqlite_database, tmp_path):
    siege, ledger, raw = await besieged(sqlite_database, tmp_path, CALM, 10, until=enough)
    assert verdict(siege.record, ledger, CAST.purses) == []
    assert judged(siege.counter.log, raw) == []
    missed = []
    for alter, kind in (ALTERATIONS | OF_POCKETS).items():
        altered = AlteredPockets(siege, ledger, raw) if alter in OF_POCKETS else Altered(siege, ledger)
        alter(altered)
        found = altered.found(kind)
        if not any(finding.startswith(f"{kind}: ") for finding in found):
            missed.append(alter.__name__)
    assert missed == []
