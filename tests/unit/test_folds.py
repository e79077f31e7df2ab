"""ADR 0003: activities packed for the way are the activities they were made of, to whoever reads them."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest.messages import Batch, Sealed, receive_report, send
from roletrail.stores.folds import PackedActivities, by_day, days_of
from roletrail.stores.merge import fold_activities
from tests.support.worlds import World


@given(seed=st.integers(0, 10_000))
def test_a_batch_arrives_as_it_was_sent(seed: int) -> None:
    world = World(seed, 8)
    batch = Batch(world.parts(world.events, 3, seed), [], flushed=True)
    pipe = io.BytesIO()
    send(pipe, batch)
    pipe.seek(0)
    sealed = receive_report(pipe)
    assert isinstance(sealed, Sealed)
    received = sealed.opened()
    for sent, part in zip(batch.parts, received.parts, strict=True):
        assert isinstance(part.activities, PackedActivities)
        assert sorted(part.activities) == sorted(sent.activities)
        assert len(part.activities) == len(sent.activities)
        assert part._replace(activities=[]) == sent._replace(activities=[])
        assert days_of(part.activities) == by_day(sent.activities)


@given(seed=st.integers(0, 10_000))
def test_a_day_is_one_identitys(seed: int) -> None:
    world = World(seed, 8)
    (part,) = world.parts(world.events, 1)
    packed = PackedActivities(by_day(part.activities))
    assert len({one[:2] for one in packed.days}) == len(packed.days)
    for one in packed.days:
        mine = list(PackedActivities([one]))
        assert {(fold.identity, fold.cell // 86_400) for fold in mine} == {(one.identity, one.day)}
        assert sorted(one.addresses) == sorted({fold.address for fold in mine})
        assert len(fold_activities(mine)) == len(mine)
    assert packed[:] == list(packed)
    assert not packed or packed[-1] == list(packed)[-1]
