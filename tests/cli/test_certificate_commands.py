"""`temoin certificates`: the key is made once, its public half published, and what it signed stays valid."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hcert_makers import AT
from strategies import covid_positive

from temoin.cli.main import main
from temoin.crypto.certificate_key import read_certificate_key
from temoin.crypto.signatures import read_public_jwk, thumbprint
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.judging import CertificateVerdict, judge_certificate
from temoin.formats.hcert.own_writing import own_certificate
from temoin.formats.hcert.trusted import KEY_ID, published
from temoin.portal.settings import CertificateSettings
from temoin.portal.trust import trusted_list
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

ISSUER = "http://127.0.0.1:8601"
OWN = "own-127.0.0.1-8601.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site that names a key of certificates and has none yet."""
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(8600))
    (tmp_path / "keys" / "certificates.key").unlink()
    (tmp_path / "trusted" / OWN).unlink()
    read_certificate_key.cache_clear()
    return tmp_path


def certificates(folder: Path, verb: str) -> int:
    return main(["certificates", verb, "--data", str(folder)])


def key_file(folder: Path) -> Path:
    return folder / "keys" / "certificates.key"


def listed(folder: Path) -> list[dict[str, Any]]:
    held = json.loads((folder / "trusted" / OWN).read_text())
    assert held["iss"] == ISSUER
    keys: list[dict[str, Any]] = held["keys"]
    return keys


def signed_by(folder: Path) -> str:
    key = read_certificate_key(key_file(folder))
    issue = Issuance(ISSUER, "AAECAwQFBgcICQoLDA0ODw", AT, AT + timedelta(days=30))
    return own_certificate(covid_positive(), issue, key_id=thumbprint(key.public)[:KEY_ID], sign=key.sign_digest)


def verdict(folder: Path, text: str) -> CertificateVerdict:
    keys = [published(read_public_jwk(each), ISSUER) for each in listed(folder)]
    return judge_certificate(text, keys, at=AT).verdict


def test_the_key_is_made_for_its_account_alone_and_its_public_half_for_everyone(folder: Path):
    assert certificates(folder, "make-key") == 0

    assert (len(key_file(folder).read_bytes()), key_file(folder).stat().st_mode & 0o777) == (32, 0o600)
    assert (folder / "trusted" / OWN).stat().st_mode & 0o777 == 0o644
    shown = json.loads(trusted_list(CertificateSettings(trusted=folder / "trusted")))["keys"]
    assert [each["issuer"] for each in shown] == [ISSUER]
    assert verdict(folder, signed_by(folder)) is CertificateVerdict.VALID


def test_making_it_twice_leaves_it_as_it_was_and_mends_the_list(folder: Path):
    certificates(folder, "make-key")
    before = key_file(folder).read_bytes(), listed(folder)
    (folder / "trusted" / OWN).unlink()

    assert certificates(folder, "make-key") == 0
    assert (key_file(folder).read_bytes(), listed(folder)) == before


def test_a_turned_key_signs_no_more_and_what_it_signed_stays_valid(folder: Path):
    certificates(folder, "make-key")
    former, text = key_file(folder).read_bytes(), signed_by(folder)

    assert certificates(folder, "turn-key") == 0

    assert key_file(folder).read_bytes() != former
    assert len(listed(folder)) == 2
    assert verdict(folder, text) is CertificateVerdict.VALID
    assert verdict(folder, signed_by(folder)) is CertificateVerdict.VALID


def test_without_a_named_key_the_command_says_what_to_add(folder: Path, capsys: pytest.CaptureFixture[str]):
    settings = folder / "temoin.toml"
    settings.write_text(settings.read_text().replace('key = "keys/certificates.key"\n', ""))

    assert certificates(folder, "make-key") == 2
    assert "[certificates]" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", "[]", '{"keys": [{}]}'])
def test_a_list_of_something_else_is_never_written_over(folder: Path, content: str, capsys: pytest.CaptureFixture[str]):
    (folder / "trusted" / OWN).write_text(content)

    assert certificates(folder, "make-key") == 2
    assert (folder / "trusted" / OWN).read_text() == content
    assert "move it away" in capsys.readouterr().err


def test_a_key_that_is_none_is_named(folder: Path, capsys: pytest.CaptureFixture[str]):
    key_file(folder).write_bytes(b"short")
    key_file(folder).chmod(0o600)

    assert certificates(folder, "make-key") == 2
    assert "exactly 32 bytes" in capsys.readouterr().err
