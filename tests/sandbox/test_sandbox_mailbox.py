"""The mailbox, written to by the standard library's own client."""

import smtplib
from email.message import EmailMessage

import pytest
from patience import PATIENCE

from temoin_sandbox.faults import FaultDesk
from temoin_sandbox.mailbox import KEPT, MailHandler, SandboxMailbox

LINK = "https://resultats.example/#AbCdEfGhIjKlMnOpQrStUv"


def letter(to: str = "dominique@example.fr", text: str = f"Bonjour,\nvotre lien : {LINK}.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "officine@example.fr", to, "Votre pharmacie <vous écrit>"
    message["Message-ID"] = "<1@officine.example>"
    message.set_content(text)
    return message


def send(sandbox, *messages: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=PATIENCE) as client:
        for message in messages:
            client.send_message(message)


def test_a_mail_is_kept_and_listed(sandbox):
    send(sandbox, letter())

    (mail,) = sandbox.get("/mailbox.json").json

    assert (mail["to"], mail["subject"]) == (["dominique@example.fr"], "Votre pharmacie <vous écrit>")
    assert mail["message_id"] == "<1@officine.example>"
    assert LINK in mail["text"]
    assert sandbox.stats["mails"] == 1


def test_copies_are_counted_by_message_and_by_text(sandbox):
    send(sandbox, letter(), letter(), letter(text="another link\n"))

    assert sandbox.get("/messages").json == [{"message_id": "<1@officine.example>", "count": 3, "texts": 2}]


def test_the_page_makes_the_link_live_and_escapes_the_rest(sandbox):
    send(sandbox, letter(text=f'<b>{LINK}</b> javascript:alert(1) "{LINK}"\n'))

    page = sandbox.get("/mailbox/1").text

    assert f'<a href="{LINK}" rel="noopener noreferrer">{LINK}</a>' in page
    assert "<b>" not in page
    assert 'href="javascript' not in page
    assert "Votre pharmacie &lt;vous écrit&gt;" in page
    assert "Votre pharmacie &lt;vous écrit&gt;" in sandbox.get("/mailbox").text


def test_mail_down_refuses_everybody(sandbox):
    sandbox.set_faults(mail_down=True)

    with pytest.raises(smtplib.SMTPHeloError) as refusal:
        send(sandbox, letter())

    assert refusal.value.smtp_code == 421
    assert sandbox.get("/mailbox.json").json == []


def test_mail_going_down_reaches_an_open_connection(sandbox):
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=PATIENCE) as client:
        client.send_message(letter())
        sandbox.set_faults(mail_down=True)
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            client.send_message(letter())

    assert refusal.value.smtp_code == 421


def test_named_recipients_are_refused(sandbox):
    sandbox.set_faults(mail_reject_recipient=True)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(sandbox, letter("refuse.moi@example.fr"))
    send(sandbox, letter())

    assert refusal.value.recipients["refuse.moi@example.fr"][0] == 550
    assert len(sandbox.get("/mailbox.json").json) == 1


def test_a_client_of_the_older_protocol_is_served(sandbox):
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=PATIENCE) as client:
        assert client.helo("here")[0] == 250
        client.sendmail("a@example.fr", ["b@example.fr"], "Subject: short\r\n\r\ntext")

    assert sandbox.get("/mailbox.json").json[0]["subject"] == "short"


def test_only_the_newest_are_kept_and_numbers_never_change():
    box = SandboxMailbox()
    for _ in range(KEPT + 2):
        box.keep(["a@example.fr"], b"Subject: s\r\n\r\nt")

    assert (box.received, len(box.mails)) == (KEPT + 2, KEPT)
    assert box.get(2) is None
    assert box.get(3) is not None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"Content-Type: text/plain; charset=unknown\r\n\r\nabc", ""),
        (b"Content-Type: image/png\r\n\r\nabc", ""),
        (b"Content-Type: text/html\r\n\r\n<p>abc</p>", "<p>abc</p>"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_odd_mails_are_kept_too(content, text):
    mail = SandboxMailbox().keep([], content)

    assert mail.text == text


def test_the_handler_has_the_hooks_the_server_looks_for():
    hooks = {name for name in dir(MailHandler(SandboxMailbox(), FaultDesk())) if name.startswith("handle_")}

    assert hooks == {"handle_HELO", "handle_EHLO", "handle_MAIL", "handle_RCPT", "handle_DATA"}


def test_an_unknown_mail_is_not_found(sandbox):
    assert sandbox.get("/mailbox/9").status == 404
    assert sandbox.get("/mailbox/x").status == 404
