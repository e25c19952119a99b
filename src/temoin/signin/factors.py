"""Second factors in the library's table: each is sealed whole, and bound to its person and its kind.

The library has a hook for the secret of an application alone, which is told neither whose it is nor anything of
passkeys, whose public keys would stand in clear: whoever writes in the database could add one of their own. Django's
signals of the library's model are told everything.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.signals import post_delete, post_init, post_save, pre_save

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.events import EventKind
from temoin.pharmacies.account_events import FACTOR, digest_now, tell_change
from temoin.signin.own_secrets import broken_rows, factor_use, open_own, seal_own

TABLE = FACTOR
SEALED = "sealed"


def seal_factors() -> None:
    """Have every factor sealed when it is written, opened when it is read, and each change told, from now on."""
    post_init.connect(_open, sender=Authenticator, dispatch_uid="open factors")
    pre_save.connect(_seal, sender=Authenticator, dispatch_uid="seal factors")
    post_save.connect(_show, sender=Authenticator, dispatch_uid="show factors")
    post_delete.connect(_tell_removed, sender=Authenticator, dispatch_uid="tell of factors")
    if not hasattr(Authenticator.save, "__wrapped__"):  # a factor and its event are written together or not at all
        Authenticator.save = transaction.atomic(Authenticator.save)


def _open(instance: Authenticator, **_told: Any) -> None:
    held = vars(instance)
    if instance.pk is None or "data" not in held:
        return  # a new one, or one that was read without it
    held["data"] = _opened(instance, held["data"])


def _opened(factor: Authenticator, data: Any) -> Any:
    sealed = data.get(SEALED) if isinstance(data, dict) else None
    if not isinstance(sealed, str):
        error = SealBrokenError("a second factor is not sealed")
        error.told_in = broken_rows(factor.user_id, TABLE)
        raise error
    return json.loads(open_own(factor_use(factor.type), factor.user_id, sealed, table=TABLE))


def _seal(instance: Authenticator, update_fields: Collection[str] | None, **_told: Any) -> None:
    if update_fields is None or "data" in update_fields:
        vars(instance)["_shown"] = instance.data
        vars(instance)["_former"] = digest_now(TABLE, instance.pk) if instance.pk else ""
        instance.data = {SEALED: seal_own(factor_use(instance.type), instance.user_id, json.dumps(instance.data))}


def _show(instance: Authenticator, **_told: Any) -> None:
    if "_shown" in vars(instance):
        instance.data = vars(instance).pop("_shown")
        former = vars(instance).pop("_former")
        _tell(instance, EventKind.FACTOR_CHANGED if former else EventKind.FACTOR_ADDED, former)


def _tell_removed(instance: Authenticator, **_told: Any) -> None:
    _tell(instance, EventKind.FACTOR_REMOVED, "")


def _tell(factor: Authenticator, kind: EventKind, former: str) -> None:
    tell_change(factor.user_id, kind, table=TABLE, row_id=factor.pk, former=former, detail=str(factor.type))
