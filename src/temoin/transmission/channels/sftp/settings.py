"""The section [sftp]: a receiver of files, where it listens, and by what each side knows the other."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Number, Place, Port, Switch, Text, fitting, refuse_setting, section
from temoin.transmission.rules.of_the_site import NamedRules, check_lawful

_Folder = Annotated[Text, AfterValidator(lambda name: name.rstrip("/"))]
_HOURS = range(24)


@section
class SftpSettings:
    """Where it is, by what each side knows the other, and where files and their acknowledgements lie.

    A receiver whose host key is not given is refused.
    """

    host: Text
    port: Port
    user: Text
    key: Place  # our private key
    host_keys: Place  # the receiver's public keys, one on each line: no other is ever trusted
    folder: _Folder
    acknowledgements: _Folder
    enabled: Switch
    rules: NamedRules
    # Hour of the pharmacy; None: each result goes at once.
    daily_at: Annotated[Number, fitting(_HOURS.__contains__, "must be an hour from 0 to 23")] | None = None

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_lawful(info, self.rules, enabled=self.enabled)
        if self.folder == self.acknowledgements:
            refuse_setting("must be another folder than folder", "acknowledgements")
        return self


_PUBLIC_KEY = re.compile(r"(ssh-|ecdsa-|sk-)[a-z0-9@.\-]+ [A-Za-z0-9+/=]{40,}( .*)?")


def check_sftp_files(box: SftpSettings) -> None:
    """Refuse to go on without the receiver's host keys: one learnt at the first connection may be anybody's."""
    try:
        lines = [line.strip() for line in box.host_keys.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The file {box.host_keys} of [sftp] cannot be read: restore it from its copy.") from None
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(_PUBLIC_KEY.fullmatch(line) for line in keys):
        raise ConfigError(
            f"The file {box.host_keys} of [sftp] must hold the receiver's public host keys, one on each line, "
            "as its operator gives them: ssh-ed25519 AAAA…"
        )
