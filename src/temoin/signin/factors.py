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
from django.db.models.signals import post_init, post_save, pre_save

from temoin.crypto.envelope import SealBrokenError
from temoin.signin.own_secrets import broken_rows, factor_use, open_own, seal_own

TABLE = "mfa_authenticator"
SEALED = "sealed"


def seal_factors() -> None:
    """Have every factor sealed when it is written and opened when it is read, from now on."""
    post_init.connect(_open, sender=Authenticator, dispatch_uid="open factors")
    pre_save.connect(_seal, sender=Authenticator, dispatch_uid="seal factors")
    post_save.connect(_show, sender=Authenticator, dispatch_uid="show factors")


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
        instance.data = {SEALED: seal_own(factor_use(instance.type), instance.user_id, json.dumps(instance.data))}


def _show(instance: Authenticator, **_told: Any) -> None:
    if "_shown" in vars(instance):
        instance.data = vars(instance).pop("_shown")
