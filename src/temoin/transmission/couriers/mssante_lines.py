"""One message over one connection to the operator: encrypted, a certificate on both sides, notices asked for.

Until the end of the content is sent nothing has been taken; between that and the answer lies the only doubt.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import ExitStack, suppress
from email import message_from_bytes

from temoin.formats.mssante import envelope_id
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.secure_mail import Encryption, SecureMail

TIMEOUT = 6.0  # seconds for each answer; a lease (30) outlives an exchange that goes on at all


def trust(mail: SecureMail) -> ssl.SSLContext:
    """Return whom we believe and who we say we are; reading both takes longer than sending a message."""
    context = ssl.create_default_context(cafile=mail.authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(mail.certificate, mail.key)
    return context


def hand_over(mail: SecureMail, context: ssl.SSLContext, destination: str, consignment: Consignment) -> Answer:
    """Send one message; every outcome is an Answer."""
    try:
        server = _connection(mail, context)
    except ssl.SSLError:
        return Answer(Verdict.POSTPONED, "certificate_refused")
    except (smtplib.SMTPException, OSError):
        return Answer(Verdict.POSTPONED, "unreachable")
    try:
        return _exchange(server, mail.sender, destination, consignment)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()  # politeness: what the operator took stays taken
        server.close()


def _connection(mail: SecureMail, context: ssl.SSLContext) -> smtplib.SMTP:
    server: smtplib.SMTP
    if mail.encryption is Encryption.TLS:
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    with ExitStack() as on_failure:
        on_failure.callback(server.close)
        if mail.encryption is Encryption.STARTTLS:
            server.starttls(context=context)
        # A server that will not have our certificate says so in its first answer under TLS 1.3.
        code, said = server.ehlo()
        if code != 250:
            raise smtplib.SMTPHeloError(code, said)
        on_failure.pop_all()
    return server


def _exchange(server: smtplib.SMTP, sender: str, destination: str, consignment: Consignment) -> Answer:
    has_notices = server.has_extn("dsn")
    named = envelope_id(consignment.key, destination)
    # RET=HDRS: a notice of failure brings the headers back, not the result.
    about_message = ["RET=HDRS", f"ENVID={named}"] if has_notices else []
    about_recipient = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if has_notices else []
    try:
        code, said = server.mail(sender, about_message)
        if code != 250:
            return Answer(Verdict.POSTPONED, "mail_server_refused", came=_raw(code, said))  # our box, not the result
        code, said = server.rcpt(consignment.address, about_recipient)
    except (smtplib.SMTPException, OSError):
        return Answer(Verdict.POSTPONED, "unreachable")
    if code not in {250, 251}:
        return Answer(_refusal(code), "secure_mailbox_refused", came=_raw(code, said))
    return _content(server, consignment)


def _content(server: smtplib.SMTP, consignment: Consignment) -> Answer:
    try:
        code, said = server.data(consignment.body)
    except smtplib.SMTPDataError as error:
        return Answer(_refusal(error.smtp_code), "message_refused", came=_raw(error.smtp_code, error.smtp_error))
    except (smtplib.SMTPException, OSError):
        return Answer(Verdict.DOUBTFUL, "cut_off")
    if 400 <= code < 600:
        return Answer(_refusal(code), "message_refused", came=_raw(code, said))
    if code != 250:
        return Answer(Verdict.DOUBTFUL, "unclear_answer", came=_raw(code, said))
    message_id = str(message_from_bytes(consignment.body)["Message-ID"])
    receipt = {"id": message_id, "said": said.decode("utf-8", "replace")[:200]}
    return Answer(Verdict.ACCEPTED, "taken_by_operator", receipt=receipt, came=_raw(code, said))


def _refusal(code: int) -> Verdict:
    return Verdict.REFUSED if 500 <= code < 600 else Verdict.POSTPONED


def _raw(code: int, said: bytes | str) -> bytes:
    words = said.encode() if isinstance(said, str) else said
    return b"%d %s" % (code, words[:16_000])
