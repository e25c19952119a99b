"""Pharmacies (the tenants), the people who have a place there, and the programs that come in for them."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.ids import new_id
from temoin.lib.rows import PlainRow
from temoin.lib.tenant import Sensitivity
from temoin.pharmacies.numbers import TRAINING_MARK
from temoin.pharmacies.professions import MANAGERS, Profession
from temoin.pharmacies.states import (
    INVITATION,
    PROGRAM,
    REGISTER_CHECK,
    InvitationState,
    ProgramState,
    RegisterState,
)

PUBLIC = Sensitivity.PUBLIC
PERSONAL = Sensitivity.PERSONAL
HEALTH = Sensitivity.HEALTH


class _RealPharmacies(models.Manager["Pharmacy"]):
    """Those whose results are somebody's: what is counted, reported or written to goes through these."""

    def get_queryset(self) -> models.QuerySet[Pharmacy]:
        return super().get_queryset().exclude(finess__startswith=TRAINING_MARK)


class Pharmacy(PlainRow):
    """A pharmacy, as the public FINESS register knows it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    finess = models.TextField(unique=True)
    name = models.TextField()
    phone = models.TextField(default="")
    street = models.TextField(default="")
    postcode = models.TextField(default="")
    city = models.TextField(default="")
    time_zone = models.TextField()  # of the IANA database, such as America/Cayenne
    is_demo = models.BooleanField(default=False)
    closed_on = models.DateField(null=True)

    objects: ClassVar = models.Manager["Pharmacy"]()  # training counters too
    real: ClassVar = _RealPharmacies()

    declares: ClassVar = dict.fromkeys(
        ("id", "finess", "name", "phone", "street", "postcode", "city", "time_zone", "is_demo", "closed_on"), PUBLIC
    )

    class Meta:
        db_table = "pharmacies_pharmacy"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class StaffNotice(models.Model):
    """A short message that the worker has still to write to a person who works here: a kind and a count, no words."""

    id = models.UUIDField(primary_key=True, default=new_id)
    person_id = models.UUIDField()
    kind = models.TextField()
    count = models.IntegerField(default=0)
    posted_at = models.DateTimeField()

    declares: ClassVar = dict.fromkeys(("id", "person_id", "kind", "count", "posted_at"), PUBLIC)

    class Meta:
        db_table = "pharmacies_staff_notice"

    def __str__(self) -> str:
        return str(self.id)


class Member(SealedModel):
    """A person's place in a pharmacy, with the name and register number that sign results."""

    person_id = models.UUIDField()
    profession = models.TextField()
    is_active = models.BooleanField(default=True)  # false while suspended
    last_day = models.DateField(null=True)  # the last day of work of whoever leaves; the seat ends with it
    sealed = SealedField(holds={"family_name": PERSONAL, "given_name": PERSONAL, "rpps": PERSONAL})

    declares: ClassVar = {
        "person_id": PUBLIC,
        "profession": PUBLIC,
        "is_active": PUBLIC,
        "last_day": PUBLIC,
        "sealed": PERSONAL,
    }
    # Who this is and what they may: whoever takes the seat opens it.
    binds: ClassVar = ("person_id", "profession", "is_active", "last_day")

    class Meta:
        db_table = "pharmacies_member"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "person_id"], name="pharmacies_member_once"),
            models.CheckConstraint(
                condition=models.Q(profession__in=[profession.value for profession in Profession]),
                name="pharmacies_member_profession",
            ),
        ]
        indexes: ClassVar = [
            # serves the choice of pharmacy at sign-in, before any pharmacy is in scope
            models.Index(fields=["person_id"], name="pharmacies_member_person"),
        ]

    @property
    def is_lasting_manager(self) -> bool:
        """Tell whether the team can count on this person to manage it: at work, and not about to leave."""
        return self.is_active and self.last_day is None and self.profession in MANAGERS


class Invitation(SealedModel):
    """A place offered to somebody, until its code is used, withdrawn or too old. The code itself is not kept."""

    lifecycle: ClassVar = INVITATION

    state = models.TextField(default=InvitationState.WAITING.value)
    profession = models.TextField()
    code_hash = models.BinaryField()  # SHA-256 of 80 random bits: nothing to guess, so no salt and no slow hash
    expires_at = models.DateTimeField()
    sealed = SealedField(
        holds={"family_name": PERSONAL, "given_name": PERSONAL, "rpps": PERSONAL, "email": PERSONAL},
    )

    declares: ClassVar = {
        "state": PUBLIC,
        "profession": PUBLIC,
        "code_hash": PUBLIC,
        "expires_at": PUBLIC,
        "sealed": PERSONAL,
    }
    binds: ClassVar = ("state", "profession", "code_hash", "expires_at")

    class Meta:
        db_table = "pharmacies_invitation"
        constraints: ClassVar = [
            # serves the page where a newcomer types the code
            models.UniqueConstraint(fields=["pharmacy_id", "code_hash"], name="pharmacies_invitation_code"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in InvitationState]),
                name="pharmacies_invitation_state",
            ),
        ]


def _not_compared(value: dict[str, Any]) -> dict[str, Any]:
    return {"compared_at": "", "compared_by": "", **value}


class RegisterCheck(SealedModel):
    """A number of a professional to be compared with the register, and what that brought; see `register_checks`."""

    lifecycle: ClassVar = REGISTER_CHECK

    state = models.TextField(default=RegisterState.WAITING.value)
    subject_kind = models.TextField()  # member or invitation
    subject_id = models.UUIDField()
    profession = models.TextField()
    differs = models.TextField(default="")  # separated by spaces
    due_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # of the invitation or of the last day of work
    tried_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    trouble = models.TextField(default="")  # why the last try brought nothing
    sealed = SealedField(
        holds={
            **dict.fromkeys(("family_name", "given_name", "rpps", "shown"), PERSONAL),
            # When and by which member the answer was compared with the card; "" for nobody.
            **dict.fromkeys(("compared_at", "compared_by"), PUBLIC),
        },
    )

    declares: ClassVar = {
        **dict.fromkeys(("state", "subject_kind", "subject_id", "profession", "differs", "trouble"), PUBLIC),
        **dict.fromkeys(("due_at", "ends_at", "tried_at", "checked_at"), PUBLIC),
        "sealed": PERSONAL,
    }
    binds: ClassVar = ("state", "subject_kind", "subject_id", "profession", "differs", "checked_at")
    schema: ClassVar = 2
    readers: ClassVar = {1: Reader(upgrade=_not_compared), 2: Reader()}

    class Meta:
        db_table = "pharmacies_register_check"
        constraints: ClassVar = [
            # serves the page of the team
            models.UniqueConstraint(fields=["pharmacy_id", "subject_id"], name="pharmacies_register_check_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in RegisterState]),
                name="pharmacies_register_check_state",
            ),
        ]
        indexes: ClassVar = [
            # serves the worker's question what is due, in any pharmacy
            models.Index(fields=["due_at"], name="pharmacies_register_check_due"),
        ]


class Program(SealedModel):
    """A program of the pharmacy that comes in through the API, with the public key that proves it."""

    lifecycle: ClassVar = PROGRAM

    state = models.TextField(default=ProgramState.ACTIVE.value)
    name = models.TextField()
    scopes = models.TextField()  # separated by spaces
    vouched_by = models.UUIDField(null=True)  # the member whose place carries its access; null for the operator

    sealed = SealedField(holds={"public_key": PUBLIC})  # canonical JWK: sealed, or its writer would be the program

    declares: ClassVar = dict.fromkeys(("state", "name", "scopes", "vouched_by", "sealed"), PUBLIC)
    binds: ClassVar = ("state", "name", "scopes", "vouched_by")

    class Meta:
        db_table = "pharmacies_program"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ProgramState]),
                name="pharmacies_program_state",
            ),
        ]


class ProgramToken(SealedModel):
    """A short-lived token, as a hash, with the number of the assertion it was given for: that serves once."""

    program_id = models.UUIDField()
    token_hash = models.BinaryField()  # SHA-256 of 256 random bits
    jti_hash = models.BinaryField()
    certificate = models.BinaryField(default=b"")  # SHA-256 of the TLS certificate it is bound to; empty when unbound
    expires_at = models.DateTimeField()
    sealed = SealedField(holds={"scopes": PUBLIC})  # a token that nobody was given opens nothing

    declares: ClassVar = dict.fromkeys(
        ("program_id", "token_hash", "jti_hash", "certificate", "expires_at", "sealed"), PUBLIC
    )
    binds: ClassVar = ("program_id", "token_hash", "jti_hash", "certificate", "expires_at")
    told: ClassVar = False  # written once, and its end is bound: one put back is over

    class Meta:
        db_table = "pharmacies_program_token"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "program_id", "jti_hash"], name="pharmacies_assertion_once"),
            models.UniqueConstraint(fields=["pharmacy_id", "token_hash"], name="pharmacies_program_token_hash"),
        ]


class ProgramCall(SealedModel):
    """What a program was answered under its own key for a call: asked again with that key, it is told the same."""

    program_id = models.UUIDField()
    key_hash = models.BinaryField()  # SHA-256 of a key that the program draws at random
    answered_at = models.DateTimeField()  # the hour
    sealed = SealedField(holds={"asked": HEALTH, "answer": HEALTH})

    declares: ClassVar = {"program_id": PUBLIC, "key_hash": PUBLIC, "answered_at": PUBLIC, "sealed": HEALTH}
    binds: ClassVar = ("program_id", "key_hash", "answered_at")
    told: ClassVar = False  # what was done is told by its own events; this only keeps it from being done twice

    class Meta:
        db_table = "pharmacies_program_call"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pharmacy_id", "program_id", "key_hash"], name="pharmacies_call_once")
        ]
