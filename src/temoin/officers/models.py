"""An authority's people and their sessions: of no pharmacy, and sealed with a key that is not in the database."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from temoin.lib.ids import new_id
from temoin.lib.tenant import Sensitivity
from temoin.officers.place import is_sealed, seal_of

PUBLIC, PERSONAL = Sensitivity.PUBLIC, Sensitivity.PERSONAL


class Officer(models.Model):
    """A person of the authority: invited with a code, then known by one passkey, until the operator ends it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.TextField()
    invited_at = models.DateTimeField()
    code_hash = models.BinaryField(null=True)  # of 128 random bits; null once it was used
    code_ends_at = models.DateTimeField(null=True)
    credential_id = models.BinaryField(null=True, unique=True)
    credential = models.BinaryField(null=True)  # the passkey's public half, as the standard writes it
    ended_at = models.DateTimeField(null=True)
    seal = models.TextField()

    declares: ClassVar = {
        **dict.fromkeys(("id", "invited_at", "code_hash", "code_ends_at", "credential_id", "credential"), PUBLIC),
        **dict.fromkeys(("ended_at", "seal"), PUBLIC),
        "name": PERSONAL,
    }

    class Meta:
        db_table = "officers_officer"

    def __str__(self) -> str:
        return str(self.id)

    def make_seal(self) -> str:
        return seal_of("officer", *self._sealed())

    @property
    def is_sound(self) -> bool:
        """Tell whether the row is as this site left it."""
        return is_sealed(self.seal, "officer", *self._sealed())

    def _sealed(self) -> tuple[object, ...]:
        times = [at and at.timestamp() for at in (self.code_ends_at, self.ended_at)]
        return (self.id, self.name, self.code_hash, self.credential_id, self.credential, *times)


class OfficerSession(models.Model):
    """A sign-in, by the hash of its cookie: a dump opens none."""

    key_hash = models.BinaryField(primary_key=True)
    officer_id = models.UUIDField()
    challenge_hash = models.BinaryField(unique=True)  # what the passkey signed: one answer opens one session
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    seal = models.TextField()

    declares: ClassVar = dict.fromkeys(
        ("key_hash", "officer_id", "challenge_hash", "started_at", "seen_at", "seal"), PUBLIC
    )

    class Meta:
        db_table = "officers_session"

    def __str__(self) -> str:
        return str(self.officer_id)

    def make_seal(self) -> str:
        return seal_of("session", *self._sealed())

    @property
    def is_sound(self) -> bool:
        return is_sealed(self.seal, "session", *self._sealed())

    def _sealed(self) -> tuple[object, ...]:
        return (self.key_hash, self.officer_id, self.started_at.timestamp())
