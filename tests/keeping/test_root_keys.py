"""Turning the root key, and moving to another keeper: everything opens before, during and after."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from keepers import secret, token_place, transit_place
from keys_seen import broken_of
from people import PASSWORD, House, make_lot, make_patient, make_signed, open_house, person_of, set_up_totp, totp_code

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret, seal_platform_secret
from temoin.crypto.ring import CURRENT_AGE, GRACE, forget_keys, month_key
from temoin.crypto.root import forget_roots, writing_provider
from temoin.crypto.roots.provider import RootKeyError
from temoin.journal.alerts import note_broken_seal
from temoin.journal.events import EventKind
from temoin.journal.models import Alert, Event
from temoin.keeping import broken
from temoin.keeping.broken import broken_secrets
from temoin.keeping.platform import begin_platform_turn, destroy_spent_platform_keys, move_platform_secrets
from temoin.keeping.roots import drop_root, rewrap_keys, rewrap_platform_keys, turn_root, wrapped_by_root
from temoin.keeping.state import broken_platform_keys
from temoin.lib.clock import shifted_by
from temoin.lib.key_places import Keeper
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Pharmacy

Keep = Callable[[], AbstractContextManager[None]]


SECRETS = 6  # passwords of five people, and one application


@pytest.fixture
def root_file(settings, tmp_path) -> Path:
    """A root key of this test's own."""
    path = secret(tmp_path / "root.key", os.urandom(32))
    settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, root=path))
    return path


@pytest.fixture
def house(db, root_file) -> House:  # noqa: ARG001
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    set_up_totp(person_of(house.owner))
    return house


@pytest.fixture
def as_keeper(as_role) -> Keep:
    return lambda: as_role("temoin_keeper")


def everything_opens(house: House) -> bool:
    forget_keys()
    broken = [*broken_of(house.here.id), *broken_of(house.elsewhere.id)]
    return broken + broken_platform_keys() == []


def rewrap_all(house: House) -> int:
    return rewrap_platform_keys() + rewrap_keys(house.here.id) + rewrap_keys(house.elsewhere.id)


def test_a_new_root_key_wraps_and_what_the_old_one_wrapped_opens(house, as_keeper):
    old = writing_provider().current()
    with as_keeper():
        new = turn_root()

    assert everything_opens(house)
    assert set(wrapped_by_root()) == {old}
    assert writing_provider().current() == new


def test_after_rewrapping_the_old_root_key_can_be_dropped(house, as_keeper):
    old = writing_provider().current()
    with as_keeper():
        new = turn_root()
        count = rewrap_all(house)
        drop_root(old)

    assert count == sum(wrapped_by_root().values())
    assert set(wrapped_by_root()) == {new}
    assert everything_opens(house)


def test_a_root_key_that_still_wraps_cannot_be_dropped(house, as_keeper):
    old = writing_provider().current()
    with as_keeper():
        turn_root()
        rewrap_keys(house.here.id)  # and not the other pharmacy's

        with pytest.raises(RootKeyError, match="temoin keys rewrap"):
            drop_root(old)
    assert everything_opens(house)


@pytest.mark.parametrize("name", ["file:abc", "file:../root", "file:", "", "transit:temoin:v3", "abc"])
def test_a_mistaken_name_drops_nothing_and_is_told_to_nobody(house, as_keeper, root_file, name):
    with as_keeper():
        turn_root()
        before = [path.read_bytes() for path in sorted(root_file.parent.iterdir())]

        with pytest.raises(RootKeyError):
            drop_root(name)

    assert [path.read_bytes() for path in sorted(root_file.parent.iterdir())] == before
    with tenant_scope(house.here.id):
        assert not Event.objects.filter(kind=EventKind.ROOT_KEY_DROPPED.value).exists()


def test_a_file_of_another_name_is_dropped_by_the_key_that_it_holds(house, as_keeper, root_file):
    old = writing_provider().current()
    with as_keeper():
        turn_root()
        rewrap_all(house)
        copy = root_file.with_name("root.copy.key")
        copy.write_bytes(root_file.with_name(f"root.{old.removeprefix('file:')}.key").read_bytes())
        copy.chmod(0o600)
        drop_root(old)

    assert list(root_file.parent.glob("root.*.key")) == []
    assert everything_opens(house)


def test_a_key_at_hand_needs_its_root_key_no_more(house, root_file, monkeypatch):
    with tenant_scope(house.here.id):
        at_hand = month_key().id
    root_file.unlink()
    forget_roots()
    later = time.monotonic() + CURRENT_AGE + 1
    monkeypatch.setattr("temoin.crypto.ring.time.monotonic", lambda: later)

    with tenant_scope(house.here.id):
        assert month_key().id == at_hand


def test_under_another_root_key_nothing_opens(house, root_file):
    root_file.write_bytes(os.urandom(32))
    forget_roots()
    forget_keys()

    with tenant_scope(house.here.id), pytest.raises(RootKeyError, match="temoin keys restore"):
        month_key()


def test_rewrapping_twice_changes_nothing(house, as_keeper):
    with as_keeper():
        turn_root()
        rewrap_all(house)

        assert rewrap_all(house) == 0


@pytest.mark.parametrize("keeper", [Keeper.TRANSIT, Keeper.PKCS11])
def test_a_site_moves_from_a_file_to_another_keeper(house, as_keeper, settings, request, tmp_path, keeper):
    move_to(keeper, settings, request, tmp_path)
    with as_keeper():
        rewrap_all(house)

    assert {root_id.partition(":")[0] for root_id in wrapped_by_root()} == {keeper.value}
    settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, root=None))
    assert everything_opens(house)


def move_to(keeper: Keeper, settings: Any, request: pytest.FixtureRequest, folder: Path) -> None:
    """Configure another keeper, which wraps from now on."""
    server = request.getfixturevalue("openbao" if keeper is Keeper.TRANSIT else "token")
    place = transit_place(server, folder) if keeper is Keeper.TRANSIT else token_place(folder)
    changes: dict[str, Any] = {"wrap_with": keeper, keeper.value: place}
    settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, **changes))
    if keeper is Keeper.PKCS11:
        writing_provider().rotate()


# The platform's key -----------------------------------------------------------------------------------------


def test_second_factors_move_under_a_new_platform_key(house, as_keeper):
    with as_keeper():
        assert begin_platform_turn()
        assert not begin_platform_turn()  # a turn is not over yet
        assert move_platform_secrets() == SECRETS
        early = destroy_spent_platform_keys()
        with shifted_by(GRACE):
            late = destroy_spent_platform_keys()

    assert (early, late) == (0, 1)
    assert valid_code(house, totp_code())
    with tenant_scope(house.elsewhere.id):
        told = list(Event.objects.filter(detail="platform").order_by("at").values_list("kind", flat=True))
    assert told == ["data_keys.turned", "data_key.destroyed"]


def test_a_turn_of_the_platform_key_ends_no_session_and_forgets_no_password(house, as_keeper):
    before = person_of(house.owner)
    with as_keeper():
        begin_platform_turn()
        move_platform_secrets()
    after = person_of(house.owner)

    assert after.password != before.password
    assert after.get_session_auth_hash() == before.get_session_auth_hash()
    assert after.check_password(PASSWORD)


def test_a_platform_key_that_a_second_factor_names_is_kept(house, as_keeper):
    with as_keeper():
        begin_platform_turn()
        with shifted_by(GRACE):
            assert destroy_spent_platform_keys() == 0
    assert valid_code(house, totp_code())


def test_a_platform_secret_opens_for_its_purpose_only(house):  # noqa: ARG001
    sealed = seal_platform_secret("second factor", "JBSWY3DP")

    assert open_platform_secret("second factor", sealed) == "JBSWY3DP"
    with pytest.raises(Exception, match="altered"):
        open_platform_secret("another", sealed)


def test_what_only_looks_like_a_sealed_secret_is_left_alone(house, as_keeper):
    with connection.cursor() as cursor:
        cursor.execute('UPDATE mfa_authenticator SET data = data || \'{"note": "02ab", "codes": [1, "02zz"]}\'')
    with as_keeper():
        begin_platform_turn()

        assert move_platform_secrets() == SECRETS
    assert valid_code(house, totp_code())


def valid_code(house: House, code: str) -> bool:
    from allauth.mfa.models import Authenticator

    authenticator = Authenticator.objects.get(user=person_of(house.owner), type="totp")
    return authenticator.wrap().validate_code(code)


# What does not open is told ---------------------------------------------------------------------------------


def alter(table: str, column: str, condition: str) -> None:
    """Change the last byte of sealed values behind our back."""
    changed = f"set_byte({column}, length({column}) - 1, get_byte({column}, length({column}) - 1) # 1)"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {changed} WHERE {condition}")  # noqa: S608


def told_here(pharmacy: Pharmacy) -> list[tuple[str, str]]:
    with tenant_scope(pharmacy.id):
        found = Event.objects.filter(kind="seal.broken").order_by("detail")
        assert Alert.objects.filter(kind="seal.broken", told_at=None).count() == found.count()
        return list(found.values_list("origin", "detail"))


def test_a_row_that_verification_cannot_open_is_told_in_its_pharmacy_once_a_day(house, as_keeper):
    with tenant_scope(house.here.id):
        alter("patients_patient", "sealed", "true")
    with as_keeper():
        for _ in range(2):
            broken_of(house.here.id)
            broken_of(house.elsewhere.id)

    assert told_here(house.here) == [("operator", "patients_patient")]
    assert told_here(house.elsewhere) == []


def test_a_lost_data_key_is_told_and_not_every_row_under_it(house, as_keeper, monkeypatch):
    monkeypatch.setattr(broken, "MOST_TOLD", 2)
    with as_keeper():
        with tenant_scope(house.here.id):
            alter("crypto_data_key", "wrapped", "true")
        broken_of(house.here.id)

    assert told_here(house.here) == [("operator", "crypto_data_key")] * 2


def test_a_second_factor_that_does_not_open_is_told_where_its_person_works(house, as_keeper):
    alter_factor()
    with as_keeper():
        assert len(broken_secrets()) == 1

    assert told_here(house.here) == [("operator", "mfa_authenticator")]
    assert told_here(house.elsewhere) == []


def alter_factor() -> None:
    """Swap the last digit of a sealed factor behind our back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, data->>'sealed' FROM mfa_authenticator")
        row_id, secret_text = cursor.fetchone()
        other = secret_text[:-1] + ("0" if secret_text[-1] != "0" else "1")
        cursor.execute(
            "UPDATE mfa_authenticator SET data = jsonb_build_object('sealed', %s::text) WHERE id = %s", [other, row_id]
        )


def test_a_password_copied_from_another_person_is_found_by_verification(house, as_keeper):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE signin_person SET password = (SELECT password FROM signin_person WHERE id = %s) WHERE id = %s",
            [house.stranger.person_id, house.owner.person_id],
        )
    with as_keeper():
        assert broken_secrets() == [f"signin_person {house.owner.person_id}"]

    assert told_here(house.here) == [("operator", "signin_person")]


def test_a_second_factor_that_does_not_open_at_the_door_is_told_too(house):
    alter_factor()

    with pytest.raises(SealBrokenError) as met:
        Authenticator.objects.get()
    note_broken_seal(met.value, origin="page")

    assert told_here(house.here) == [("page", "mfa_authenticator")]
    assert told_here(house.elsewhere) == []


def test_a_platform_key_that_does_not_unwrap_is_told_everywhere(house, as_keeper):
    with as_keeper():
        alter("crypto_platform_key", "wrapped", "true")
        assert len(broken_platform_keys()) == 1

    assert told_here(house.here) == told_here(house.elsewhere) == [("operator", "crypto_platform_key")]
