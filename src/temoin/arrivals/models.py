"""A poster, the month's pair of keys that forms are sealed to, and a form that waits for somebody to look."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.arrivals.states import ARRIVAL, POSTER, ArrivalState, PosterState
from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.tenant import Sensitivity, TenantModel

PUBLIC = Sensitivity.PUBLIC


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
    """A form as the browser sealed it: who hands it in is not known here, and may be anybody."""

    poster_id = models.UUIDField()
    key_id = models.UUIDField()
    state = models.TextField(default=ArrivalState.WAITING.value)
    number = models.SmallIntegerField()  # by which the person is called; drawn by the browser
    expires_at = models.DateTimeField()
    ciphertext = models.BinaryField()  # emptied once somebody accepted or refused it

    lifecycle: ClassVar = ARRIVAL
    stirs: ClassVar = True
    # What the browser sealed is for whoever holds the pharmacy's key, like a letter for whoever holds link and code.
    declares: ClassVar = dict.fromkeys(("poster_id", "key_id", "state", "number", "expires_at", "ciphertext"), PUBLIC)

    class Meta:
        db_table = "arrivals_arrival"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ArrivalState]), name="arrivals_arrival_state"
            ),
            # three digits: no more forms can wait in one pharmacy, whoever hands them in
            models.CheckConstraint(
                condition=models.Q(number__gte=100, number__lte=999), name="arrivals_arrival_digits"
            ),
            # two who wait are never called by one number; serves the list of the counter
            models.UniqueConstraint(
                fields=["pharmacy_id", "number"],
                condition=models.Q(state=ArrivalState.WAITING.value),
                name="arrivals_arrival_number",
            ),
        ]
        indexes: ClassVar = [
            # serves the round that ends what is past its hours
            models.Index(fields=["pharmacy_id", "expires_at"], name="arrivals_arrival_ends"),
        ]
