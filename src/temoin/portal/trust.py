"""The list of keys that the verifier page believes, as the patients' site gets it: it loads no cryptography itself."""

from __future__ import annotations

import subprocess
import sys

from temoin.lib.config_error import ConfigError
from temoin.portal.settings import CertificateSettings

_NONE = b'{"keys":[]}'


def trusted_list(settings: CertificateSettings | None) -> bytes:
    """Return the list as JSON, read from the operator's folder by a process that ends with it; ConfigError."""
    if settings is None:
        return _NONE
    command = [sys.executable, "-m", "temoin.portal.trusted_keys", str(settings.trusted)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise ConfigError(done.stderr.decode().strip())
    return done.stdout
