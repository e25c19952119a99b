"""The folder of trusted keys: what is published of it, and what is refused by its name."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
from hcert_makers import ISSUER, signer

from temoin.crypto.signatures import public_members
from temoin.lib.config_error import ConfigError
from temoin.portal.settings import CertificateSettings
from temoin.portal.trust import trusted_list
from temoin.portal.verifier import words


def test_no_section_is_no_key():
    assert json.loads(trusted_list(None)) == {"keys": []}


def test_keys_of_states_and_of_issuers_are_published_with_what_they_sign(tmp_path: Path):
    pem = "".join(ssl.DER_cert_to_PEM_cert(signer(*kind).certificate) for kind in (("EC", "test"), ("RSA",)))
    (tmp_path / "states.pem").write_text(pem)
    issuer = {"iss": ISSUER, "keys": [public_members(signer().public)]}
    (tmp_path / "issuer.json").write_text(json.dumps(issuer))
    (tmp_path / "README.txt").write_text("not a key")

    keys = json.loads(trusted_list(CertificateSettings(trusted=tmp_path)))["keys"]

    assert [(key["jwk"]["kty"], key["issuer"], key["uses"]) for key in keys] == [
        ("EC", ISSUER, ["recovery", "test", "vaccination"]),
        ("EC", "", ["test"]),
        ("RSA", "", ["recovery", "test", "vaccination"]),
    ]
    assert [len(key["names"]) for key in keys] == [2, 1, 1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pem", "nothing"),
        ("a.json", "{"),
        ("a.json", "[]"),
        ("a.json", '{"iss": "x"}'),
        ("a.json", '{"iss": "x", "keys": [{}]}'),
    ],
)
def test_a_file_of_something_else_is_named(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)

    with pytest.raises(ConfigError, match=name):
        trusted_list(CertificateSettings(trusted=tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="nowhere"):
        trusted_list(CertificateSettings(trusted=tmp_path / "nowhere"))


def test_the_page_has_words_for_every_code():
    told = words()

    assert told["kind:covid19-ag"].fr == "TROD antigénique COVID-19"
    assert told["snomed:10828004"] == told["outcome:positive"]
    assert "loinc:94558-4" in told
