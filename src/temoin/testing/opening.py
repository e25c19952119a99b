"""What a record seals at each step before its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.testing.report import Device
from temoin.testing.sample import SAMPLED, STARTED, TOLERANCE, Reading, Sample, Start

# What a record seals of a sample that was not taken yet, or was taken back.
UNSAMPLED: Mapping[str, object] = {
    "specimen": "",
    "sampled_at": "",
    "started_at": "",
    "typed_times": [],
    "device": None,
    "proposal": None,
}


NOTED = "noted_at"  # when a page without a line noted a registration
NOTED_FOR = timedelta(hours=16)  # the longest session: what it noted is sent by then, or typed anew
IMPOSSIBLE = _("This was noted without network at a time that cannot be: sent again, it is registered as of now.")


@dataclass(frozen=True)
class Beforehand:
    """What of a test was settled before its registration.

    `code` is the one that the patient has already, from a form of their own; `number` that on a label made before;
    `noted_at` the moment at which the patient agreed, noted by a page that could not send it.
    """

    code: str = ""
    number: str = ""
    noted_at: datetime | None = None

    def moment(self) -> datetime:
        """Return when the test was registered and agreed to; InvalidError for a moment that cannot be."""
        present = now()
        moment = self.noted_at or present
        if not present - NOTED_FOR <= moment <= present + TOLERANCE:
            raise refuse(NOTED, "impossible", IMPOSSIBLE)
        return min(moment, present)


def opening(
    kind: str,
    notice_version: str,
    source: str,
    source_key: str,
    *,
    at: datetime,
    source_content: str = "",
    order_number: str = "",
    number: str = "",
) -> dict[str, object]:
    """Return what a record seals at its registration."""
    return {
        "kind": kind,
        "registered_at": at.isoformat(),
        "notice": notice_version,
        "source": source,
        "source_key": source_key,
        "source_content": source_content,
        "order_number": order_number,
        "number": number,
        "answers": {},
        "called_at": "",
        "absent_at": "",
        "is_first": False,
        "amendment": None,
        **UNSAMPLED,
    }


def sampled(sample: Sample) -> dict[str, object]:
    """Return what a record seals besides once its sample was taken."""
    return {
        "specimen": sample.specimen,
        "sampled_at": sample.sampled_at.isoformat(),
        "device": _told(sample.device) if sample.device else None,
        "typed_times": [SAMPLED] if sample.is_typed else [],
        "absent_at": "",  # whoever is sampled is there
    }


def started(start: Start, sealed: Mapping[str, Any]) -> dict[str, object]:
    """Return what a record that seals a sample seals besides once its reading clock was started."""
    sampled_at = datetime.fromisoformat(sealed["sampled_at"])
    typed = [name for name in sealed["typed_times"] if name != STARTED]
    told = {"started_at": max(start.started_at, sampled_at).isoformat()}
    return {**told, "typed_times": [*typed, *([STARTED] if start.is_typed else [])]}


def _told(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in Device.__dataclass_fields__}


@dataclass(frozen=True)
class Proposal:
    """A reading that waits for a pharmacist, and which program proposed it when."""

    reading: Reading
    program: str
    proposed_at: datetime


def told_reading(reading: Reading) -> dict[str, object]:
    """Return what a record seals of a reading that waits for a signature."""
    return {
        "outcomes": dict(sorted(reading.outcomes.items())),
        "read_at": reading.read_at.isoformat(),
        "comment": reading.comment,
        "is_typed": reading.is_typed,
    }


def reading_told(told: Mapping[str, Any]) -> Reading:
    """Return the reading that a record sealed so."""
    return Reading(
        outcomes=told["outcomes"],
        read_at=datetime.fromisoformat(told["read_at"]),
        comment=told["comment"],
        is_typed=told["is_typed"],
    )


def proposed(proposal: Proposal) -> dict[str, object]:
    """Return what a record seals of a proposal."""
    told = {"program": proposal.program, "proposed_at": proposal.proposed_at.isoformat()}
    return {**told_reading(proposal.reading), **told}


def proposal_in(sealed: Mapping[str, Any]) -> Proposal | None:
    """Return the proposal of an opened record, None when nothing was proposed."""
    told = sealed["proposal"]
    if told is None:
        return None
    return Proposal(reading_told(told), told["program"], datetime.fromisoformat(told["proposed_at"]))


def proposal_mark(proposal: Proposal | None) -> str:
    """Return what a form carries of the proposal that its page showed; one where none waited says so too."""
    return sha256(repr(proposed(proposal)).encode()).hexdigest()[:32] if proposal else "none"
