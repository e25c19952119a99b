"""The section [alarms]: after how many minutes a result that has not arrived is late, and whom the worker writes to."""

from __future__ import annotations

from temoin.lib.mail_address import AddressError, check_address
from temoin.lib.section import Section
from temoin.outbox.lateness import Alarms

LONGEST = 24 * 60  # minutes


def read_alarms(section: Section) -> Alarms:
    """Read the section; all of it is optional."""
    alarms = Alarms(
        minutes=section.number("minutes", range(1, LONGEST + 1), Alarms.minutes),
        operator=section.optional("operator", str),
        pharmacies=section.optional("pharmacies", bool) or False,
    )
    section.end()
    if alarms.operator is not None and not _is_address(alarms.operator):
        raise section.wrong("operator", "must be an e-mail address like exploitant@example.fr")
    return alarms


def alarm_findings(alarms: Alarms, *, demo: bool) -> list[str]:
    """Return a sentence when nobody outside a pharmacy hears of what only its sole owner would be told of."""
    words = (
        "[alarms] has no operator: bulk reading by the sole owner of a pharmacy is told to the rest of the team alone, "
        "or to nobody. Set operator to an address that somebody reads."
    )
    return [] if demo or alarms.operator is not None else [words]


def _is_address(text: str) -> bool:
    try:
        check_address(text)
    except AddressError:
        return False
    return True
