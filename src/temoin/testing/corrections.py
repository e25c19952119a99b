"""How the next version of a signed result is judged and built, whoever proposes it and whoever signs it."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import ConflictError, refuse
from temoin.lib.typed import typed_lines
from temoin.testing.build import Opened, corrected_report, says_more_than_the_address
from temoin.testing.models import Record
from temoin.testing.report import Prescriber, Professional, Report
from temoin.testing.sample import READ, Reading, check_reading, clean_reading

_UNCHANGED = _("Nothing was changed: the result stays as it is. Change what is wrong, or give up the correction.")
_ONLY_ADDRESS = _(
    "Only the patient's e-mail address changed, which corrects no result. To send the link to the new address, "
    "go back to the test: “Send a new link”."
)


def check_state(verb: str, opened: Opened) -> None:
    if not Record.lifecycle.allows(verb, opened.state):
        raise ConflictError(f"cannot {verb} a record that is {opened.state}")


def clean_reason(reason: str) -> str:
    reason = typed_lines("reason", reason, of="RecordVersion")
    if not reason:
        raise refuse("reason", "required", _("Say why: the reason is kept with the new version."))
    return reason


def correction_of(
    former: Report,
    reading: Reading,
    *,
    reason: str,
    opened: Opened,
    signed_by: Professional,
    prescriber: Prescriber | None = None,
) -> Report:
    """Build a corrected version, judged: InvalidError for a reading that cannot be, or that says nothing new."""
    reading = corrected_reading(former, reading, opened)
    check_reading(reading, opened.kind, opened.kit, opened.steps)
    report = corrected_report(former, reading, reason=reason, opened=opened, signed_by=signed_by)
    report = replace(report, prescriber=prescriber or former.prescriber)
    _check_changed(former, report)
    return report


def corrected_reading(former: Report, reading: Reading, opened: Opened) -> Reading:
    """Return a reading as it is kept: at the very time of the former version, where a form holds that minute."""
    reading = clean_reading(reading, opened.kind, opened.kit)
    if reading.read_at.replace(second=0, microsecond=0) != former.read_at.replace(second=0, microsecond=0):
        return reading
    return replace(reading, read_at=former.read_at, is_typed=READ in former.typed_times)


def _check_changed(former: Report, report: Report) -> None:
    """Refuse a version that says the same: the authority and the patient would be told of nothing."""
    if says_more_than_the_address(former, report):
        return
    if former.patient.email != report.patient.email:
        raise refuse("", "only_address", _ONLY_ADDRESS)
    raise refuse("", "unchanged", _UNCHANGED)
