"""One message over one connection to the operator: encrypted, a certificate on both sides, notices asked for.

Until the end of the content is sent nothing has been taken; between that and the answer lies the only doubt.
"""

from __future__ import annotations

import ssl
from contextlib import closing
from email import message_from_bytes

from temoin.formats.mssante import envelope_id
from temoin.lib.mail_address import AddressError, wire_address
from temoin.mail.answers import Codes, reply_kept, told
from temoin.mail.replies import MailTroubleError
from temoin.mail.smtp import Encryption, Envelope, Exchange, MailServer
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.mssante.settings import MssanteSettings

TIMEOUT = 6.0  # seconds for each answer; a lease (30) outlives an exchange that goes on at all

CODES = Codes(mailbox="secure_mailbox_refused", message="message_refused", cut="unreachable", unclear="unclear_answer")


def trust(mail: MssanteSettings) -> ssl.SSLContext:
    """Return whom we believe and who we say we are; reading both takes longer than sending a message."""
    context = ssl.create_default_context(cafile=mail.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(mail.certificate, mail.key)
    return context


def hand_over(mail: MssanteSettings, context: ssl.SSLContext, destination: str, consignment: Consignment) -> Answer:
    """Send one message; every outcome is an Answer."""
    try:
        recipient = wire_address(consignment.address)
    except AddressError as error:
        return Answer(Verdict.REFUSED, "secure_mailbox_refused", detail=error.fault.value, is_own=True)
    envelope = Envelope(
        sender=mail.sender,
        recipient=recipient,
        content=consignment.body,
        name=envelope_id(consignment.key, destination),
        notify="SUCCESS,FAILURE,DELAY",
    )
    with closing(Exchange(_server(mail, context))) as exchange:
        try:
            said = exchange.send(envelope)
        except MailTroubleError as trouble:
            return told(trouble, CODES)
    message_id = str(message_from_bytes(consignment.body)["Message-ID"])
    receipt = {"id": message_id, "said": said.decode("utf-8", "replace")[:200]}
    return Answer(Verdict.ACCEPTED, "taken_by_operator", receipt=receipt, came=reply_kept(250, said))


def _server(mail: MssanteSettings, context: ssl.SSLContext) -> MailServer:
    encryption = Encryption(mail.encryption.value)
    return MailServer(host=mail.host, port=mail.port, encryption=encryption, trust=context, timeout=TIMEOUT)
