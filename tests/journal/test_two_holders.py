"""Whom no colleague may reset is recovered with two holders of a backup that the sealed journal has known for days."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from allauth.mfa.models import Authenticator
from keepers import secret
from people import PASSWORD, House, make_seat, open_house, person_of, set_up_totp
from roles import take_role
from sealed_journal import Journal

from temoin.cli.keys_work import back_up
from temoin.crypto.backup import mark_of_holder, open_share, write_backup
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.config_error import ConfigError
from temoin.lib.errors import InvalidError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import StaffNotice
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.professions import Profession
from temoin.signin.enrolment import enrol, reset_factors
from temoin.signin.recovery import recover_factors
from temoin.signin.two_holders import KNOWN_FOR, ShownBackup, check_two_holders

SOON, LATE = timedelta(minutes=1), KNOWN_FOR + timedelta(minutes=1)
Backup = Callable[[str, list[Path]], Path]


@pytest.fixture
def house(empty: Journal, settings, tmp_path) -> House:  # noqa: ARG001
    root = secret(tmp_path / "root.key", os.urandom(32))
    settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, root=root))
    return open_house()


def holders(folder: Path, name: str) -> list[Path]:
    """Make the secret key files of three holders."""
    return [secret(folder / f"{name}-{n}.txt", str(pyrage.x25519.Identity.generate())) for n in range(3)]


def public(identities: list[Path]) -> list[str]:
    return [str(pyrage.x25519.Identity.from_str(path.read_text()).to_public()) for path in identities]


@pytest.fixture
def backup(house: House, empty: Journal, tmp_path: Path) -> Backup:  # noqa: ARG001
    """Make a backup as the operator does, and seal its event."""

    def make(name: str, identities: list[Path]) -> Path:
        options = Namespace(folder=tmp_path / name, recipient=public(identities))
        with take_role("temoin_keeper"):
            assert back_up(options, lambda _words: None) == 0
        empty.seal()
        return tmp_path / name

    return make


def recover(house: House, folder: Path, identities: list[Path]) -> str:
    shown = ShownBackup(folder, identities)
    return recover_factors(by=Operator(house.here.id), member_id=house.owner.member_id, password_too=False, shown=shown)


def take(house: House, code: str, password: str = PASSWORD) -> object:
    return enrol(email=person_of(house.owner).email, code=code, password=password)


def test_an_only_owner_is_recovered_with_two_holders_whom_the_event_names(house: House, backup: Backup, tmp_path):
    set_up_totp(person_of(house.owner))
    three = holders(tmp_path, "holder")
    folder = backup("backup", three)

    with shifted_by(LATE):
        code = recover(house, folder, three[1:])
        assert take(house, code, "another password") is None
        assert take(house, code) == person_of(house.owner)
        assert take(house, code) is None

    assert not Authenticator.objects.filter(user=person_of(house.owner)).exists()
    with take_role("temoin_worker"):
        assert StaffNotice.objects.filter(person_id=house.owner.person_id, kind="factors_recovered").count() == 1
    with tenant_scope(house.here.id):
        event = Event.objects.get(kind="member.factors_recovered")
        made = Event.objects.get(kind="root_keys.backed_up")
    assert (event.subject_id, event.profession) == (house.owner.member_id, "operator")
    assert set(event.digest.split()) == {mark_of_holder(one) for one in three[1:]} < set(made.digest.split())


@pytest.mark.parametrize("at_home", [True, False])
def test_somebody_in_two_pharmacies_is_recovered_in_the_sight_of_both(
    house: House, backup: Backup, tmp_path, *, at_home: bool
):
    there = make_seat(house.elsewhere, Profession.ADJOINT, person=person_of(house.colleague), rpps="10003879623")
    set_up_totp(person_of(house.colleague))
    three = holders(tmp_path, "holder")
    shown = ShownBackup(backup("backup", three), three[:2])
    with pytest.raises(InvalidError, match="works_elsewhere"):
        reset_factors(by=house.owner, member_id=house.colleague.member_id, password_too=False)

    named = house.colleague if at_home else there
    with shifted_by(LATE):
        by = Operator(named.pharmacy_id)
        code = recover_factors(by=by, member_id=named.member_id, password_too=False, shown=shown)
        assert enrol(email=person_of(there).email, code=code, password=PASSWORD) == person_of(there)

    for seat in (house.colleague, there):
        with tenant_scope(seat.pharmacy_id):
            event = Event.objects.get(kind="member.factors_recovered")
        assert (event.subject_id, len(event.digest.split())) == (seat.member_id, 2)
    assert not Authenticator.objects.filter(user=person_of(there)).exists()


def test_who_has_a_colleague_and_no_other_place_is_not_recovered(house: House, backup: Backup, tmp_path):
    three = holders(tmp_path, "holder")
    shown = ShownBackup(backup("backup", three), three[:2])

    by = Operator(house.here.id)
    with shifted_by(LATE), pytest.raises(InvalidError, match="has_colleague"):
        recover_factors(by=by, member_id=house.colleague.member_id, password_too=False, shown=shown)


def test_a_backup_made_for_the_purpose_does_not_serve(house: House, backup: Backup, tmp_path):
    ours, mine = holders(tmp_path, "holder"), holders(tmp_path, "mine")
    known = backup("backup", ours)
    made_up, unsaid = backup("made-up", mine), tmp_path / "unsaid"
    write_backup(unsaid, {"file:other": bytes(32)}, public(mine), at=now())
    before = person_of(house.owner).enrolment

    for late, where, who in ((SOON, known, ours[:2]), (SOON, made_up, mine[:2]), (LATE, unsaid, mine[:2])):
        with shifted_by(late), pytest.raises(ConfigError):
            recover(house, where, who)

    assert person_of(house.owner).enrolment == before


def test_shares_opened_for_others_than_the_holders_whom_the_event_names_do_not_serve(house, backup: Backup, tmp_path):
    ours, mine = holders(tmp_path, "holder"), holders(tmp_path, "mine")
    folder = backup("backup", ours)
    words = [open_share(folder, one) for one in ours[:2]]
    for number, (share, key) in enumerate(zip(words, public(mine)[:2], strict=True), start=1):
        recipient = pyrage.x25519.Recipient.from_str(key)
        (folder / f"share-{number}.age").write_bytes(pyrage.encrypt(share.encode(), [recipient], armored=True))

    with shifted_by(LATE), pytest.raises(ConfigError, match="has not known this backup with these holders"):
        recover(house, folder, mine[:2])


def test_one_holder_twice_or_alone_consents_for_nobody(house: House, backup: Backup, tmp_path):
    three = holders(tmp_path, "holder")
    folder = backup("backup", three)

    for who in (three[:1], [three[0]] * 2, three):
        with shifted_by(LATE), pytest.raises(ConfigError):
            check_two_holders(ShownBackup(folder, who), house.here.id)


def test_a_pharmacy_that_opened_since_has_the_same_holders(house: House, backup: Backup, tmp_path):  # noqa: ARG001
    three = holders(tmp_path, "holder")
    folder = backup("backup", three)
    since = open_house()

    with shifted_by(LATE):
        assert check_two_holders(ShownBackup(folder, three[:2]), since.here.id)
