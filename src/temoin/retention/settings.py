"""The section [retention]: spans that nobody but the operator can decide, and where destroyed keys are remembered."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Number, Place, section, within

RESULTS = range(30, 7_301)  # days: reconciliation and answers look back for weeks; twenty years
BACKUPS = range(1, 3_651)


@section
class Retention:
    """For how many days results and backups are kept; None is not decided, and nothing of it is deleted."""

    results_days: Annotated[Number, within(RESULTS)] | None = None
    backup_days: Annotated[Number, within(BACKUPS)] | None = None
    key_ledger: Place | None = None  # beside the settings unless said
