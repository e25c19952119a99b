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


def _is_address(text: str) -> bool:
    try:
        check_address(text)
    except AddressError:
        return False
    return True
