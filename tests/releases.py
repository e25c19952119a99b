"""Invented publications of some weeks, each drawn and left out as real ones are."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from functools import cache

from temoin.catalogue.kinds import load_kinds
from temoin.surveillance.dataset import About, Publication
from temoin.surveillance.releasing import leaving, noisy
from temoin.surveillance.tables import TABLES, Ground

ABOUT = About("https://example.org", "etalab-2.0", is_demo=True)
FIRST = date(2026, 10, 5)  # a Monday


@cache
def published(weeks: int = 3, most: int = 400) -> list[Publication]:
    chance = random.Random(15)  # noqa: S311 the same each time
    kinds = {code: load_kinds()[code] for code in ("covid19-ag", "covid19-flu-rsv-ag")}
    ground, found = Ground(kinds, {("41FK10", "A12345"): "covid19-ag"}), []
    for table in TABLES.values():
        for day in range(7 * weeks):
            period = FIRST + timedelta(days=day)
            if table.begins(period) != period:
                continue
            counts = Counter({key: chance.randrange(most) for key, _parts in table.domain(ground)})
            drawn = noisy(table, counts, ground, chance)
            told = leaving(table, drawn, ground)
            found += [
                Publication(name, period, one, table.ends(period) + timedelta(days=table.ages[one - 1]), figures)
                for one in range(1, len(table.ages) + 1)
                for name, figures in told.items()
            ]
    found.append(Publication("days", FIRST + timedelta(days=7 * weeks), 1, found[-1].released_on, [], missing=3))
    return found
