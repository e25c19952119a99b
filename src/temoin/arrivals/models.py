"""A poster, the month's pair of keys that forms are sealed to, a form that waits, and the hours of appointments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models

from temoin.arrivals.states import ARRIVAL, ONE_A_SEAT, POSTER, ArrivalState, PosterState
from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC
# What the patients' site writes: beyond, a row cannot be read, and nor can the list that it stands in.
READABLE = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class Poster(SealedModel):
    """The way into a pharmacy's form: whoever reads its code may hand one in, and read nothing."""

    state = models.TextField(default=PosterState.STANDING.value)
    made_at = models.DateTimeField()
    token_hash = models.BinaryField(unique=True)
    place = models.TextField()  # the pharmacy's public name, which the page shows
    sealed = SealedField(holds={"token": PUBLIC})  # to be printed again

    lifecycle: ClassVar = POSTER
    declares: ClassVar = dict.fromkeys(("state", "made_at", "token_hash", "place", "sealed"), PUBLIC)
    binds: ClassVar = ("state", "made_at", "token_hash", "place")

    class Meta:
        db_table = "arrivals_poster"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in PosterState]), name="arrivals_poster_state"
            ),
            # one stands at a time: a new one ends the former; serves the page of the poster
            models.UniqueConstraint(
                fields=["pharmacy_id"],
                condition=models.Q(state=PosterState.STANDING.value),
                name="arrivals_poster_standing",
            ),
        ]


class ArrivalKey(SealedModel):
    """A month's pair of keys: browsers seal forms to its public half, and its private half is sealed here."""

    month = models.TextField()  # "2026-11"
    ends_at = models.DateTimeField()  # nobody is given it from then on
    public = models.BinaryField()
    sealed = SealedField(holds={"private": PUBLIC})

    declares: ClassVar = dict.fromkeys(("month", "ends_at", "public", "sealed"), PUBLIC)
    binds: ClassVar = ("month", "ends_at", "public")
    told: ClassVar = False  # written once and never changed: there is no former row

    class Meta:
        db_table = "arrivals_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "month"], name="arrivals_key_month"),
        ]


class Arrival(TenantModel):
    """A form as the browser sealed it: who hands it in is not known here, and may be anybody.

    With `starts_at` it is an appointment: it holds one of the places of its hour, and waits until that day is over.
    """

    poster_id = models.UUIDField()
    key_id = models.UUIDField()
    state = models.TextField(default=ArrivalState.WAITING.value)
    number = models.SmallIntegerField()  # by which the person is called; drawn by the browser
    expires_at = models.DateTimeField()
    ciphertext = models.BinaryField()  # emptied once it was accepted or refused, or cancelled and its patient knows
    called_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    seat = models.SmallIntegerField(null=True)  # which of the places of its hour
    proof_hash = models.BinaryField(null=True)  # of what a browser makes of the code and the number
    link_hash = models.BinaryField(null=True)  # of the secret in the link of the reminder, once it was sent
    remind_at = models.DateTimeField(null=True)  # where the patient asked for it; once that is past, the hour itself
    former_at = models.DateTimeField(null=True)  # the hour that the patient believes in, until somebody told them
    call_since = models.DateTimeField(null=True)  # since when nobody can write to them: they are to be called
    device_hash = models.BinaryField(null=True)
    device_seat = models.SmallIntegerField(null=True)  # which of the few places that one device may hold

    lifecycle: ClassVar = ARRIVAL
    stirs: ClassVar = True
    # What the browser sealed is for whoever holds the pharmacy's key, like a letter for whoever holds link and code.
    declares: ClassVar = dict.fromkeys(
        (
            *("poster_id", "key_id", "state", "number", "expires_at", "ciphertext", "called_at", "starts_at", "seat"),
            *("proof_hash", "link_hash", "remind_at", "former_at", "call_since", "device_hash", "device_seat"),
        ),
        PUBLIC,
    )

    class Meta:
        db_table = "arrivals_arrival"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ArrivalState]), name="arrivals_arrival_state"
            ),
            # three digits in the queue and four with an appointment: neither can use up the numbers of the other
            models.CheckConstraint(
                condition=models.Q(starts_at=None, number__gte=100, number__lte=999)
                | models.Q(starts_at__isnull=False, seat__isnull=False, number__gte=1000, number__lte=9999),
                name="arrivals_arrival_numbers",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__range=READABLE)
                & (models.Q(starts_at=None) | models.Q(starts_at__range=READABLE))
                & (models.Q(remind_at=None) | models.Q(remind_at__range=READABLE))
                & (models.Q(called_at=None) | models.Q(called_at__range=READABLE)),
                name="arrivals_arrival_readable",
            ),
            # two who wait are never called by one number; serves the list of the counter
            models.UniqueConstraint(
                fields=["pharmacy_id", "number"],
                condition=models.Q(state=ArrivalState.WAITING.value),
                name="arrivals_arrival_number",
            ),
            # of two who take the last place at once, one gets it; serves the count of places left
            models.UniqueConstraint(
                fields=["pharmacy_id", "starts_at", "seat"],
                condition=models.Q(state__in=[ArrivalState.WAITING.value, ArrivalState.ACCEPTED.value]),
                name=ONE_A_SEAT,
            ),
            models.UniqueConstraint(
                fields=["pharmacy_id", "device_hash", "device_seat"],
                condition=models.Q(state=ArrivalState.WAITING.value),
                name="arrivals_arrival_device",
            ),
        ]
        indexes: ClassVar = [
            # serves the round that ends what is past its hours
            models.Index(fields=["pharmacy_id", "expires_at"], name="arrivals_arrival_ends"),
        ]


class Calendar(TenantModel):
    """When a pharmacy takes appointments: public words, as on its door."""

    hours = models.TextField()  # see `hours.Hours`

    declares: ClassVar = {"hours": PUBLIC}

    class Meta:
        db_table = "arrivals_calendar"
        constraints: ClassVar = [models.UniqueConstraint(fields=["pharmacy_id"], name="arrivals_calendar_once")]
