"""A person proves themself at the terminal: whoever operates the machine must not be able to sign in their name."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.utils.translation import gettext as _

from temoin.lib.errors import DeniedError
from temoin.signin.models import Person
from temoin.signin.tries import note_try_of

TRIES = 3


def ask_at_terminal(question: str) -> str:
    """Ask without showing the answer; DeniedError without a terminal, so that no script types passwords."""
    try:
        with Path("/dev/tty").open("rb"):
            pass
    except OSError:
        raise DeniedError(_("A terminal is needed: the person who signs types password and code.")) from None
    return getpass.getpass(question)


def prove_person(person: Person, ask: Callable[[str], str] = ask_at_terminal) -> None:
    """Return once password and one-time code are right; DeniedError after three tries, whichever was wrong."""
    for _try in range(TRIES):
        password = ask(_("Password of the person who signs: "))
        code = ask(_("Code of the authenticator: "))
        if _is_right(person, password, code):
            return
        note_try_of(person_id=person.id, way="command")
    raise DeniedError(_("Password or code is wrong."))


def _is_right(person: Person, password: str, code: str) -> bool:
    factor = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    # The password is checked in every case, so that the time taken tells nothing.
    is_known = person.check_password(password) and person.is_active
    return is_known and factor is not None and bool(TOTP(factor).validate_code(code))
