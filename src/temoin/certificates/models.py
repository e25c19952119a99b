"""What is kept of certificates: a sealed random number, and of revoked ones a truncated hash; never what they say."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.db import models

from temoin.crypto.sealed import Reader, SealedField, SealedModel
from temoin.lib.lifecycle import Lifecycle
from temoin.lib.rows import PlainRow
from temoin.lib.tenant import Sensitivity

PUBLIC, PERSONAL = Sensitivity.PUBLIC, Sensitivity.PERSONAL


class CertificateState(StrEnum):
    """Whether a certificate may still be shown; expiry is told by its day."""

    STANDING = "standing"
    REVOKED = "revoked"


CERTIFICATE = Lifecycle(
    "certificate",
    CertificateState,
    CertificateState.STANDING,
    {"revoke": ({CertificateState.STANDING}, CertificateState.REVOKED)},
)


class IssuedCertificate(SealedModel):
    """That a version of a record has a certificate, and the number under which it can be revoked.

    What a state signed beside it has an identifier of its own, "" where none did.

    The seal binds the state: whoever writes in the database can neither revoke a certificate nor bring one back.
    """

    record_id = models.UUIDField()
    version = models.IntegerField()
    state = models.TextField(default=CertificateState.STANDING.value)
    expires_on = models.DateField()  # its last day
    sealed = SealedField(holds={"number": PERSONAL, "identifier": PERSONAL})

    lifecycle: ClassVar = CERTIFICATE
    declares: ClassVar = {
        **dict.fromkeys(("record_id", "version", "state", "expires_on"), PUBLIC),
        "sealed": PERSONAL,
    }
    binds: ClassVar = ("record_id", "version", "state", "expires_on")
    schema: ClassVar = 2
    readers: ClassVar = {1: Reader(upgrade=lambda held: {"identifier": "", **held}), 2: Reader()}
    told: ClassVar = False  # an old row put back is one that stands and whose letter ended: it is revoked again

    class Meta:
        db_table = "certificates_issued"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in CertificateState]),
                name="certificates_issued_state",
            ),
        ]
        indexes: ClassVar = [
            # serves the duty that revokes
            models.Index(
                fields=["pharmacy_id", "expires_on"],
                condition=models.Q(state=CertificateState.STANDING.value),
                name="certificates_standing",
            )
        ]


class RevokedMark(PlainRow):
    """A truncated hash of a revoked certificate's random number: it leads to no pharmacy, record or person."""

    mark = models.BinaryField(primary_key=True)
    until = models.DateField()  # from then on the certificate is expired anyway

    declares: ClassVar = dict.fromkeys(("mark", "until"), PUBLIC)

    class Meta:
        db_table = "certificates_revoked_mark"


class RevocationList(PlainRow):
    """The signed list of revoked certificates, as the patients' site hands it out: one row."""

    id = models.SmallIntegerField(primary_key=True)
    content = models.TextField()

    declares: ClassVar = dict.fromkeys(("id", "content"), PUBLIC)

    class Meta:
        db_table = "certificates_revocation_list"
