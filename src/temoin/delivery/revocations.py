"""The worker's duty to revoke certificates whose letter ended, and to have the list of them signed anew.

A correction, a cancellation and a renewed ticket withdraw the letter in their own commit: that is what revokes. The
duty opens the certificate's number, which nobody else ever does, and puts its truncated hash on the list.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import connection

from temoin.certificates.issuing import CertificateIssuer
from temoin.certificates.revoking import oldest_last_day, publish_revocations, revoke_certificate
from temoin.journal.act import HouseActor
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.duties import Duty
from temoin.outbox.set_aside import apart
from temoin.pharmacies.models import Pharmacy

DUTY = "revocations"
EVERY = timedelta(minutes=1)
# Of a letter that ended, or of a version that is not the last: who writes in the database would have to hide both.
_DUE = """
SELECT certificate.id FROM certificates_issued AS certificate
  JOIN testing_record AS record
    ON record.pharmacy_id = certificate.pharmacy_id AND record.id = certificate.record_id
  LEFT JOIN delivery_letter AS letter
    ON letter.pharmacy_id = certificate.pharmacy_id AND letter.record_id = certificate.record_id
   AND letter.certificate_id = certificate.id AND letter.state = 'open'
 WHERE certificate.pharmacy_id = %(pharmacy)s AND certificate.state = 'standing'
   AND certificate.expires_on >= %(last_day)s
   AND (letter.id IS NULL
        OR EXISTS (SELECT FROM testing_record_version AS newer
                    WHERE newer.pharmacy_id = %(pharmacy)s AND newer.record_id = certificate.record_id
                      AND newer.number > certificate.version))
"""


def revocation_duty(issuer: CertificateIssuer) -> Duty:
    return Duty(DUTY, EVERY, partial(revoke_certificates, issuer))


def revoke_certificates(issuer: CertificateIssuer, stop: threading.Event) -> None:
    """Revoke every certificate that is due, each by an act of its own, then have the list signed."""
    for pharmacy_id in Pharmacy.real.order_by("id").values_list("id", flat=True):
        for certificate_id in _due(pharmacy_id):
            if stop.is_set():
                return
            with apart(DUTY, str(certificate_id)):
                _revoke(pharmacy_id, certificate_id)
    publish_revocations(issuer)


def _due(pharmacy_id: UUID) -> list[UUID]:
    with tenant_scope(pharmacy_id), connection.cursor() as cursor:
        cursor.execute(_DUE, {"pharmacy": current_pharmacy(), "last_day": oldest_last_day()})
        return [certificate_id for (certificate_id,) in cursor.fetchall()]


def _revoke(pharmacy_id: UUID, certificate_id: UUID) -> None:
    try:
        revoke_certificate(by=HouseActor(pharmacy_id, "worker"), certificate_id=certificate_id)
    except ConflictError:
        return  # the next round looks again
