"""Verdicts on where workloads' credentials were used, as judging holds them for a whole run."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from roletrail.detect.story import Story
from roletrail.detect.verdict import UseVerdict

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(UseVerdict).decode


class ToldUses:
    """Packed, by session: of ten million events there are tens of thousands, a kilobyte each and four as they are."""

    def __init__(self, verdicts: Iterable[UseVerdict] = ()) -> None:
        self._packed: dict[str, list[bytes]] = {}
        for verdict in verdicts:
            self._packed.setdefault(verdict.session_id, []).append(_pack(verdict))

    def on(self, story: Story) -> tuple[UseVerdict, ...]:
        """On what a story is of and on what it came from."""
        packed = self._packed
        if not packed:
            return ()
        return tuple([_unpack(one) for step in story.path for one in packed.get(step.node.id, ())])
