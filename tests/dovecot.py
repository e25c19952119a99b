"""A real IMAP server (Debian's Dovecot) over TLS that asks for a certificate, with the mail of one user in a folder."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from patience import PATIENCE
from programs import need
from secure_mail import Trust

mail_folders: dict[int, Path] = {}  # where the mails of a server lie, by its port
USER, PASSWORD = "pharmacie", "mot-de-passe"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_ca = <{authorities}
ssl_verify_client_cert = {asks}
ssl_require_crl = no
auth_ssl_require_client_cert = {asks}
auth_mechanisms = plain
default_internal_user = {inside}
default_internal_group = {group}
default_login_user = {outside}
first_valid_uid = 0
mail_location = maildir:~/
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
"""


@contextmanager
def running_dovecot(trust: Trust, *, asks_certificate: bool = True) -> Iterator[int]:
    """Serve on a free port until the block ends."""
    program = need("dovecot-imapd", "/usr/sbin/dovecot")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with TemporaryDirectory() as name:
        settings = _settings(Path(name), trust, port, asks="yes" if asks_certificate else "no")
        with subprocess.Popen([program, "-F", "-c", settings], stderr=subprocess.DEVNULL) as server:
            try:
                _wait(port, trust)
                mail_folders[port] = Path(name) / "mail"
                yield port
            finally:
                server.terminate()
                server.wait(10)


def _settings(folder: Path, trust: Trust, port: int, *, asks: str) -> Path:
    own = pwd.getpwuid(os.getuid())
    # Dovecot lets root neither own mail nor face the network: the package's own accounts then.
    inside, outside = ("dovecot", "dovenull") if own.pw_uid == 0 else (own.pw_name, own.pw_name)
    owner = pwd.getpwnam(inside)
    folder.chmod(0o711)
    mail = folder / "mail"
    mail.mkdir()
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    content = CONFIG.format(
        folder=folder,
        certificate=trust.operator.certificate,
        key=trust.operator.key,
        authorities=trust.authority.file,
        inside=inside,
        group=grp.getgrgid(owner.pw_gid).gr_name,
        outside=outside,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        password=PASSWORD,
        port=port,
        asks=asks,
    )
    settings = folder / "dovecot.conf"
    settings.write_text(content)
    return settings


def _wait(port: int, trust: Trust) -> None:
    for _ in range(200):
        try:
            with connected(port, trust):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Dovecot did not start")


@contextmanager
def connected(port: int, trust: Trust) -> Iterator[imaplib.IMAP4]:
    """A client of its own, to put mail into the box and to see what became of it."""
    context = ssl.create_default_context(cafile=trust.authority.file)
    context.load_cert_chain(trust.ours.certificate, trust.ours.key)
    with imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=context, timeout=PATIENCE) as box:
        box.login(USER, PASSWORD)
        box.select("INBOX")
        yield box
