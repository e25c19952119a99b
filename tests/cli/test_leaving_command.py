"""`temoin leaving export`: the owner who proves themself gets the file, sealed; nobody else, and nothing half made."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from people import PASSWORD, House, make_patient, open_house, person_of, set_up_totp, totp_code

from temoin.cli import operating, signer
from temoin.cli.main import main
from temoin.journal.models import Event
from temoin.lib.tenant import tenant_scope

KEY = pyrage.x25519.Identity.generate()


@pytest.fixture
def house(db: None, settings, monkeypatch: pytest.MonkeyPatch) -> House:  # noqa: ARG001 opens the database
    """A pharmacy of a real site, in a database that runs already."""
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setattr(operating, "become", lambda _process: None)
    settings.TEMOIN = replace(settings.TEMOIN, site=replace(settings.TEMOIN.site, demo=False))
    return open_house()


@pytest.fixture
def export(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    choose = signer.choose_signer
    answers = {"Password": lambda: PASSWORD, "Code": totp_code}

    def typed(seat, *, to: str = str(KEY.to_public())) -> int:
        set_up_totp(person_of(seat))
        monkeypatch.setattr(
            signer, "choose_signer", lambda **who: choose(**who, ask=lambda asked: answers[asked.split()[0]]())
        )
        words = ["--pharmacy", house.here.finess, "--by", person_of(seat).email, "--to", to]
        return main(["leaving", "export", *words, "--out", str(tmp_path / "file.age")])

    return typed


def test_the_owner_gets_one_sealed_file_that_nobody_else_reads(house, export, tmp_path, capsys):
    make_patient(house.owner)

    assert export(house.owner) == 0

    file = tmp_path / "file.age"
    assert [one.name for one in tmp_path.glob("file*")] == ["file.age"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PAT-TROIS" in pyrage.decrypt(file.read_bytes(), [KEY])
    said = capsys.readouterr().out
    with tenant_scope(house.here.id):
        assert Event.objects.get(kind="pharmacy.file_sealed").digest in said


@pytest.mark.parametrize(("who", "to"), [("colleague", ""), ("owner", "age1nothing")])
def test_nothing_is_left_of_a_file_that_was_refused(house, export, tmp_path, who, to):
    make_patient(house.owner)

    assert export(getattr(house, who), to=to or str(KEY.to_public())) == 2

    assert list(tmp_path.glob("file*")) == []
    with tenant_scope(house.here.id):
        assert not Event.objects.filter(kind="copy.made").exists()
