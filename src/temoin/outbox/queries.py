"""Where the parcels of a result are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from temoin.crypto.sealed import open_value
from temoin.journal.unreadable import each_opened
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.outbox.channel import Manner
from temoin.outbox.courier import Load, Verdict
from temoin.outbox.kept import unpack
from temoin.outbox.models import Attempt, Parcel, Sides
from temoin.outbox.open_channels import names_in, place_of
from temoin.outbox.states import SETTLED, ParcelState

_END = ("destination", "sequence", "state")


@dataclass(frozen=True)
class ParcelView:
    """A parcel as the counter sees it."""

    id: UUID
    destination: str
    sequence: int
    state: ParcelState
    attempts: int
    posted_at: datetime
    settled_at: datetime | None
    answer_code: str
    receipt: dict[str, Any]
    matter_since: datetime | None = None  # since when a person should look, while it goes on trying

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self.state in SETTLED

    @property
    def seen_version(self) -> str:
        """Return what names the end that a person decides about; "open" while the parcel goes on trying."""
        return f"{self.attempts} {self.settled_at.isoformat()}" if self.settled_at else "open"


def parcels_of(chain_id: UUID) -> list[ParcelView]:
    """Return the parcels of a record in the pharmacy in scope, oldest version first, with their receipts."""
    parcels = list(Parcel.objects.filter(chain_id=chain_id).order_by("sequence", "posted_at"))
    parcels.sort(key=lambda parcel: (parcel.sequence, place_of(parcel.destination), parcel.posted_at))
    receipts = receipts_of([parcel.id for parcel in parcels if parcel.state == ParcelState.ACCEPTED])
    return [parcel_view(parcel, receipts.get(parcel.id, {})) for parcel in parcels]


def parcel_view(parcel: Parcel, receipt: dict[str, Any]) -> ParcelView:
    return ParcelView(
        id=parcel.id,
        destination=parcel.destination,
        sequence=parcel.sequence,
        state=ParcelState(parcel.state),
        attempts=parcel.attempts,
        posted_at=parcel.posted_at,
        settled_at=parcel.settled_at,
        answer_code=parcel.answer_code,
        receipt=receipt,
        matter_since=None if ParcelState(parcel.state) in SETTLED else parcel.matter_since,
    )


def check_parcel_seen(parcel: Parcel, expected_version: str) -> None:
    """Raise ConflictError unless the parcel still is where the person saw it (`ParcelView.seen_version`)."""
    if parcel_view(parcel, {}).seen_version != expected_version:
        raise ConflictError("the parcel has had another end meanwhile")


def parcel_in_scope(parcel_id: UUID) -> Parcel:
    """Return a parcel of the pharmacy in scope; NotFoundError where there is none."""
    parcel: Parcel | None = Parcel.objects.filter(id=parcel_id).first()
    if parcel is None:
        raise NotFoundError
    return parcel


def kept_in_parcel(load: Load, sealed: bytes) -> dict[str, str]:
    """Return what `keep_in_parcel` kept; SealBrokenError when the parcel goes elsewhere, or tells another result."""
    return open_value(Parcel, load.id, sealed, vars(load))


def is_overtaken(parcel_id: UUID) -> bool:
    """Tell whether a newer version of the same result was posted to the same destination."""
    return bool(Parcel.objects.filter(id=parcel_id).filter(overtaken()).exists())


def was_posted_anew(load: Load) -> bool:
    """Tell whether a later parcel brings a link to the same result, by this way or another, as after a lost ticket."""
    later = {"chain_id": load.chain_id, "destination__in": _links(), "id__gt": load.id}  # ids are ordered by time
    return bool(Parcel.objects.filter(**later).exists())


def newest_link(chain_id: UUID) -> str:
    """Return the number of the last parcel that brings a link to a result, "" for none."""
    found = Parcel.objects.filter(chain_id=chain_id, destination__in=_links()).order_by("-id")
    return str(found.values_list("id", flat=True).first() or "")


def times_refused(parcel_id: UUID) -> int:
    """Return how many tries of a parcel were refused, at once or as was told later."""
    return int(Attempt.objects.filter(parcel_id=parcel_id, verdict=Verdict.REFUSED.value).count())


def _links() -> list[str]:
    return names_in(Manner.LINK)


def overtaken() -> Exists:
    """Return the condition "a newer version of the same result was posted to the same destination"."""
    same = {"chain_id": OuterRef("chain_id"), "destination": OuterRef("destination")}
    return Exists(Parcel.objects.filter(**same, sequence__gt=OuterRef("sequence")))


def states_by_chain(chain_ids: list[UUID]) -> dict[UUID, list[tuple[str, ParcelState]]]:
    """Return (destination, state) of every parcel of these records, for a list."""
    found: dict[UUID, list[tuple[str, ParcelState]]] = {chain_id: [] for chain_id in chain_ids}
    rows = Parcel.objects.filter(chain_id__in=chain_ids).order_by("sequence")
    for chain_id, destination, state in rows.values_list("chain_id", "destination", "state"):
        found[chain_id].append((destination, ParcelState(state)))
    return found


def ends_of(chain_id: UUID) -> list[tuple[str, int, ParcelState]]:
    """Return (destination, version, state) of a record's parcels in the order in which they were posted."""
    rows = Parcel.objects.filter(chain_id=chain_id).order_by("sequence", "id")  # ids are ordered by time
    return [(place, sequence, ParcelState(state)) for place, sequence, state in rows.values_list(*_END)]


def was_posted(chain_id: UUID, destination: str) -> bool:
    """Tell whether a version of the record in the pharmacy in scope was ever to go to a destination."""
    return bool(Parcel.objects.filter(chain_id=chain_id, destination=destination).exists())


def went_before(chain_id: UUID, destination: str, sequence: int) -> bool:
    """Tell whether the destination may hold a version before this one: what it refused, it does not hold."""
    absent = [ParcelState.REFUSED, ParcelState.REPLACED, ParcelState.WITHDRAWN]
    earlier = Parcel.objects.filter(chain_id=chain_id, destination=destination, sequence__lt=sequence)
    return bool(earlier.exclude(state__in=absent).exists())


def receipts_of(parcel_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return what each accepted parcel's destination gave as a receipt."""
    attempts = Attempt.objects.filter(parcel_id__in=parcel_ids, verdict="accepted")
    return dict(each_opened(attempts, lambda attempt: (attempt.parcel_id, attempt.unseal()["receipt"])))


@dataclass(frozen=True)
class AttemptView:
    """One try with a parcel: when, what came of it, and the receipt. What was said in words stays sealed."""

    number: int
    at: datetime
    verdict: str
    code: str
    receipt: dict[str, Any]


@dataclass(frozen=True)
class AttemptContent:
    """What one try left: the answer in the destination's own words, and both sides as they were. It is the result.

    `is_kept` is false of what was never there, or is past its day (`temoin.retention`).
    """

    number: int
    at: datetime
    detail: str = ""
    sent: bytes = b""
    came: bytes = b""
    is_kept: bool = False


def attempts_of(parcel_id: UUID) -> list[AttemptView]:
    return [
        AttemptView(one.number, one.at, one.verdict, held.get("code", ""), held["receipt"])
        for one, held in _opened(parcel_id)
    ]


def contents_of(parcel_id: UUID) -> list[AttemptContent]:
    """Return what the tries with a parcel left; whoever asks records the look."""
    kept = list(Sides.objects.filter(parcel_id=parcel_id))
    held = dict(each_opened(kept, lambda one: (one.id, one.unseal())))
    broken = {one.id for one in kept} - held.keys()  # told apart: see `lib.unreadable`
    attempts = Attempt.objects.filter(parcel_id=parcel_id).order_by("number", "at")
    return [_content(one, held.get(one.id)) for one in attempts if one.id not in broken]


def _content(attempt: Attempt, held: dict[str, Any] | None) -> AttemptContent:
    if held is None:
        return AttemptContent(attempt.number, attempt.at)
    sent = unpack(held["sent"])
    came = unpack(held["came"], like=sent)
    return AttemptContent(attempt.number, attempt.at, held["detail"], sent, came, is_kept=True)


def _opened(parcel_id: UUID) -> list[tuple[Attempt, dict[str, Any]]]:
    attempts = Attempt.objects.filter(parcel_id=parcel_id).order_by("number", "at")
    return each_opened(attempts, lambda one: (one, one.unseal()))
