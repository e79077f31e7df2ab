"""What an attack of an organisation of the bench says of itself."""

from __future__ import annotations

from typing import NamedTuple


class Attack(NamedTuple):
    """`marks` are texts only its findings hold: access key ids, names of sessions, hosts or people. Found counts from `at` on."""

    kind: str
    marks: tuple[str, ...]
    at: int
    begun: int = 0
    """When the thief began, if before `at`; what his marks raise from then on is no noise."""

    @property
    def since(self) -> int:
        return self.begun or self.at
