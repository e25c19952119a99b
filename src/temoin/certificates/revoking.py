"""Revoking a certificate, and signing the list of those that are revoked; by the worker, who holds the key."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from temoin.certificates.issuing import CertificateIssuer
from temoin.certificates.models import IssuedCertificate
from temoin.certificates.published import published_revocations
from temoin.crypto.certificate_key import read_certificate_key
from temoin.crypto.signatures import thumbprint
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.revoking import read_revocations, write_revocations
from temoin.formats.hcert.smart import encode_base64url
from temoin.formats.hcert.trusted import TrustedKey, published
from temoin.journal.act import Actor, act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, day_of

_MARK = "INSERT INTO certificates_revoked_mark (mark, until) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_FORGET = "DELETE FROM certificates_revoked_mark WHERE until < %s"
_MARKS = "SELECT mark FROM certificates_revoked_mark"
_PUBLISH = """
INSERT INTO certificates_revocation_list (id, content) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET content = excluded.content
"""
_DAY = timedelta(days=1)
SIGNED_EVERY = timedelta(hours=1)  # where nothing changed: its age tells verifiers that nothing was withheld


def oldest_last_day() -> date:
    """Return the last day of certificates that may still be in force: a pharmacy's clock may be behind ours."""
    return day_of(now() - _DAY, HOUSE)


def revoke_certificate(*, by: Actor, certificate_id: UUID) -> None:
    """Put a certificate on the list to come; ConflictError when another worker was first, or its key was turned."""
    kind = EventKind.CERTIFICATE_REVOKED
    with act(by=by, kind=kind, subject_kind="certificate", subject_id=certificate_id) as commit:
        row = IssuedCertificate.objects.get(id=certificate_id)
        held = row.unseal()
        numbers = filter(None, (held["number"], held["identifier"]))  # one more where a state signed too
        marks = [(mark_of(number.encode("ascii")), row.expires_on) for number in numbers]
        commit.move_sealed(row, "revoke")
        with connection.cursor() as cursor:
            cursor.executemany(_MARK, marks)


def publish_revocations(issuer: CertificateIssuer) -> None:
    """Sign the list of all that is revoked and not expired; without a key, the last list stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [oldest_last_day()])
        if issuer.key is None:
            return
        key = read_certificate_key(issuer.key)
        cursor.execute(_MARKS)
        marks = frozenset(bytes(mark) for (mark,) in cursor.fetchall())
        if not _is_fresh(published_revocations(), marks, published(key.public, issuer.name)):
            name = encode_base64url(thumbprint(key.public))
            told = write_revocations(issuer.name, marks, at=now(), key_id=name, sign=key.sign_digest)
            cursor.execute(_PUBLISH, [told])


def _is_fresh(text: str, marks: frozenset[bytes], key: TrustedKey) -> bool:
    """Tell whether the list that stands is of this key, has these marks and is not an hour old."""
    try:
        listed = read_revocations(text, [key])
    except NotACertificateError:
        return False
    return listed.marks == marks and now() - SIGNED_EVERY < listed.issued_at <= now()
