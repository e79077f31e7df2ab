"""The second organisation whole: its noise and its sixty attacks of thirty kinds, from a seed."""

from __future__ import annotations

import random

from tests.bench.planted import Attack
from tests.bench.second_estate import Company
from tests.bench.second_evasions import EVASIONS
from tests.bench.second_intrusions import INTRUSIONS
from tests.bench.second_noise import noise
from tests.support.cloudtrail import Trail

EACH = 2


def second(seed: int) -> tuple[Trail, list[Attack]]:
    company = Company(seed)
    noise(company)
    attacks = [
        attack(company, random.Random(f"{seed} {attack.__name__} {number}"), number)
        for attack in (*EVASIONS, *INTRUSIONS)
        for number in range(EACH)
    ]
    return company.trail, attacks
