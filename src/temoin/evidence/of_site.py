"""What settings and program say of themselves while a pack is made: host, sign-in rules, algorithms, migrations."""

from __future__ import annotations

import stat
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators
from django.db import connection

from temoin.crypto import blind, envelope, letter, notes
from temoin.evidence.facts import AlgorithmTold, CountTold, HostingTold, MigrationsTold, RootTold, SignInTold, SiteTold
from temoin.journal.tree import HASH
from temoin.lib.key_places import Keeper
from temoin.lib.zones import HOUSE, today_in
from temoin.settings.file import Config
from temoin.signin.passwords import MINIMUM_BITS, EntropyValidator
from temoin.site.known_schema import known_migrations, ours_among

_APPLIED = "SELECT app, name FROM django_migrations"


def site_told(config: Config, pharmacies: int) -> SiteTold:
    site = config.site
    return SiteTold(
        demonstration=site.demo,
        journal=config.journal.origin,
        staff_address=site.staff_url,
        patient_address=site.portal_url,
        pharmacies=pharmacies,
    )


def hosting_told(config: Config) -> HostingTold:
    host = config.hosting
    if host is None:
        nothing: dict[str, Any] = dict.fromkeys(HostingTold.model_fields)
        return HostingTold(**nothing | {"declared": False})
    left = None if host.expires is None else (host.expires - today_in(HOUSE)).days
    return HostingTold(
        declared=True,
        self_hosted=host.self_hosted,
        name=host.name,
        certificate=host.certificate,
        expires=host.expires,
        days_left=left,
    )


def sign_in_told(config: Config, accounts: dict[str, CountTold]) -> SignInTold:
    """Tell the rules as the sign-in library and the session's middleware read them."""
    validators = get_default_password_validators()
    tries = {**settings.ACCOUNT_RATE_LIMITS, **settings.MFA_RATE_LIMITS}
    return SignInTold(
        passkey_user_verification=settings.MFA_WEBAUTHN_USER_VERIFICATION,
        factors=sorted(settings.MFA_SUPPORTED_TYPES),
        remembered_browsers=settings.MFA_TRUST_ENABLED,
        pro_sante_connect=config.pro_sante_connect is not None,
        password_least_length=max(
            (each.min_length for each in validators if isinstance(each, MinimumLengthValidator)), default=0
        ),
        password_least_bits=MINIMUM_BITS if any(isinstance(each, EntropyValidator) for each in validators) else 0,
        password_hash=_hash_of_now(),
        idle_minutes=settings.SESSION_COOKIE_AGE // 60,
        absolute_hours=settings.SESSION_ABSOLUTE_AGE // 3600,
        step_up_minutes=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT // 60,
        tries={way: limits for way, limits in sorted(tries.items()) if limits},
        **accounts,
    )


def _hash_of_now() -> str:
    """Hash something, and return how the hash begins: what a password gets now, whatever the code says of it."""
    scheme, _, rest = make_password("measured").partition("$")
    return "$".join([scheme, *rest.split("$")[:3]])


def algorithms_told() -> list[AlgorithmTold]:
    rows = [
        ("content of a sealed value", "AES-GCM", envelope.KEY * 8),
        ("nonce of a sealed value", "random", envelope.NONCE * 8),
        ("authentication of a sealed value", "GCM tag", envelope.TAG * 8),
        ("blind index for look-up", "HMAC-SHA-256, cut", blind.LOOKUP_BYTES * 8),
        ("blind index for uniqueness", "HMAC-SHA-256, cut", blind.UNIQUE_BYTES * 8),
        ("patient's letter", "AES-GCM", letter.KEY_BYTES * 8),
        ("link of a letter", "random", letter.SECRET_BYTES * 8),
        ("code of a letter", f"PBKDF2-HMAC-SHA-256, {letter.PBKDF2_ITERATIONS} times", letter.CODE_LENGTH * 5),
        ("tree of the journal", "SHA-256", HASH * 8),
        ("signature of checkpoints and of packs", "Ed25519", notes.SEED * 8),
    ]
    return [AlgorithmTold(use=use, algorithm=name, bits=bits) for use, name, bits in rows]


def root_told(config: Config, *, turned_on: date | None, backed_up_on: date | None) -> RootTold:
    """Tell who keeps the root keys; of a file, who may read it besides."""
    keys, mode = config.keys, None
    if keys.wrap_with is Keeper.FILE and keys.root is not None:
        mode = f"{stat.S_IMODE(keys.root.stat().st_mode):04o}"
    return RootTold(keeper=keys.wrap_with.value, file_mode=mode, turned_on=turned_on, backed_up_on=backed_up_on)


def migrations_told() -> MigrationsTold:
    known = known_migrations()
    with connection.cursor() as cursor:
        cursor.execute(_APPLIED)
        applied = set(cursor.fetchall())
    return MigrationsTold(
        installed=len(known & applied),
        pending=[".".join(one) for one in sorted(known - applied)],
        unknown=[".".join(one) for one in sorted(ours_among(applied - known))],
    )
