"""Accounts: a person who signs in, their sessions, what failed, and what sign-in remembers for a while."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.utils.crypto import salted_hmac

from temoin.crypto.envelope import CONTENT
from temoin.journal.events import EventKind
from temoin.lib.ids import new_id
from temoin.lib.rows import PlainRow
from temoin.lib.tenant import Sensitivity
from temoin.pharmacies.account_events import PERSON, TOLD_OF_PERSON, digest_now, tell_change
from temoin.signin.own_secrets import UNUSABLE, matches_hash, seal_hash

PASSWORD, ENROLMENT = "password", "enrolment"  # uses of own secrets
PUBLIC = Sensitivity.PUBLIC
PERSONAL = Sensitivity.PERSONAL


class PersonManager(BaseUserManager["Person"]):
    """Makes persons; there is no superuser, as there is no administration site."""

    def create_user(self, email: str, password: str, **extra: Any) -> Person:
        person = self.model(email=email.lower(), **extra)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(PlainRow, AbstractBaseUser):
    """Someone who signs in. One person, one account, possibly several pharmacies."""

    id = models.UUIDField(primary_key=True, default=new_id)
    # In clear: the sign-in library finds the account by it. It is the only personal datum of staff that is.
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    password = models.TextField()  # hash, sealed: see `own_secrets`
    # Hash of the one-time code with which a person without factors enrols, sealed likewise, and until when it opens.
    enrolment = models.TextField(default="", db_default="")
    enrolment_until = models.DateTimeField(null=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    declares: ClassVar = {
        "id": PUBLIC,
        "email": PERSONAL,
        "is_active": PUBLIC,
        "password": PUBLIC,
        "last_login": PUBLIC,
        "enrolment": PUBLIC,
        "enrolment_until": PUBLIC,
    }

    class Meta:
        db_table = "signin_person"

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the account, and tell of it in the journals of its person's pharmacies."""
        self._save(None, *args, **kwargs)

    def _save(self, kind: EventKind | None, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is not None and TOLD_OF_PERSON.isdisjoint(fields):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            former, was = digest_now(PERSON, self.id), Person.objects.filter(id=self.id).values_list("password").first()
            super().save(*args, **kwargs)
            changed = EventKind.ACCOUNT_CHANGED if was == (self.password,) else EventKind.PASSWORD_CHANGED
            tell_change(self.id, kind or changed, table=PERSON, row_id=self.id, former=former)

    def set_password(self, raw_password: str | None) -> None:
        """Keep the hash of a password, bound to this person."""
        if raw_password is None:
            self.set_unusable_password()
            return
        self.password = seal_hash(PASSWORD, self.id, raw_password)
        self._password = raw_password

    def check_password(self, raw_password: str | None) -> bool:
        """Tell whether this is the person's password; a hash of an older kind is renewed."""
        return matches_hash(PASSWORD, self.id, raw_password or "", sealed=self.password, renew=self._renew_password)

    def _renew_password(self, raw_password: str) -> None:
        self.set_password(raw_password)
        vars(self).pop("_password", None)  # a better hash is no new password
        self._save(EventKind.ACCOUNT_CHANGED, update_fields=["password"])

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what ends the sessions of a changed password; a turn of the platform key changes nothing in it."""
        kept = self.password if self.password.startswith(UNUSABLE) else self.password[2 * CONTENT :]
        return salted_hmac(f"temoin.password|{self.id}", kept, secret=secret, algorithm="sha256").hexdigest()


class Session(AbstractBaseSession):
    """Someone signed in: the row's key is a hash of the cookie's, so that a dump opens no session."""

    session_key = models.TextField(primary_key=True)
    person_id = models.UUIDField(null=True)  # null until the sign-in is complete
    bound_to = models.UUIDField(null=True)  # the pharmacy it is bound to; null until one is chosen

    declares: ClassVar = dict.fromkeys(("session_key", "session_data", "expire_date", "person_id", "bound_to"), PUBLIC)

    class Meta:
        db_table = "signin_session"
        indexes: ClassVar = [
            # serves the list, and the end, of a person's sessions
            models.Index(fields=["person_id"], name="signin_session_person"),
        ]


class FailedTry(models.Model):
    """A sign-in that failed, until its person and the journals were told; `person_id` is null for no known account."""

    id = models.UUIDField(primary_key=True, default=new_id)
    person_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    way = models.TextField()
    is_noted = models.BooleanField(default=False)  # in the journal of each pharmacy of the person
    is_told = models.BooleanField(default=False)  # to the person, at a sign-in
    is_mailed = models.BooleanField(default=False)

    declares: ClassVar = dict.fromkeys(("id", "person_id", "at", "way", "is_noted", "is_told", "is_mailed"), PUBLIC)

    class Meta:
        db_table = "signin_failed_try"
        indexes: ClassVar = [
            # serves the sign-in that tells its person
            models.Index(fields=["person_id"], name="signin_failed_try_person"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Memo(models.Model):
    """What sign-in remembers for a while, under the keyed hash of its name; see `memory`."""

    key = models.TextField(primary_key=True)
    value = models.TextField()
    expires_at = models.DateTimeField()

    declares: ClassVar = {"key": PUBLIC, "value": PUBLIC, "expires_at": PUBLIC}

    class Meta:
        db_table = "signin_memo"

    def __str__(self) -> str:
        return self.key
