"""Activities packed as stores keep them: one MessagePack array for each identity and day.

Workers pack, and a store that keeps folds writes the bytes as they come; to every other reader they are a list of activities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, overload

import msgspec

from roletrail.lineage.model import Activity

DAY_SECONDS = 86_400

_ADDRESS = Activity._fields.index("address") - 1

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


def pack_folds(activities: Sequence[Activity]) -> bytes:
    """Activities of one identity, without it."""
    return _pack([activity[1:] for activity in activities])


def unpack_folds(identity: str, folds: bytes, address: str = "") -> list[Activity]:
    """`address` leaves out what was not from there."""
    make = Activity._make  # half the time of a call with nineteen arguments
    return [make((identity, *fold)) for fold in _unpack(folds) if not address or fold[_ADDRESS] == address]


class DayFolds(NamedTuple):
    """Activities of one identity on one day (UTC). `fold_activities` has nothing to add up in them."""

    identity: str
    day: int
    addresses: list[str]
    folds: bytes


def by_day(activities: Iterable[Activity]) -> list[DayFolds]:
    """`activities` have different keys: one part's."""
    days: dict[tuple[str, int], list[Activity]] = {}
    for activity in activities:
        place = (activity[0], activity[1] // DAY_SECONDS)
        mine = days.get(place)
        if mine is None:
            days[place] = [activity]
        else:
            mine.append(activity)
    return [DayFolds(*place, list({activity[3] for activity in mine}), pack_folds(mine)) for place, mine in days.items()]


class PackedActivities(Sequence[Activity]):
    """What `by_day` made, as the activities it was made of."""

    def __init__(self, days: list[DayFolds]) -> None:
        self.days = days

    def __iter__(self) -> Iterator[Activity]:
        for day in self.days:
            yield from unpack_folds(day.identity, day.folds)

    def __len__(self) -> int:
        return sum(len(_unpack(day.folds)) for day in self.days)

    @overload
    def __getitem__(self, index: int) -> Activity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Activity]: ...
    def __getitem__(self, index: int | slice) -> Activity | list[Activity]:
        return list(self)[index]


def days_of(activities: Sequence[Activity]) -> list[DayFolds]:
    return activities.days if isinstance(activities, PackedActivities) else by_day(activities)
