"""Whether the files of [certificates.state] are there and open a connection."""

from __future__ import annotations

from temoin.lib.config_error import ConfigError
from temoin.settings.file import Config


def check_state_files(config: Config) -> None:
    """Refuse to go on with certificates or a key that open no connection."""
    state = config.state
    if state is None:
        return
    from temoin.certificates.couriers.https_signer import signer_context  # who reads settings waits for no network

    for path in (state.authorities, state.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [certificates.state] is missing: restore it.")
    if state.key is not None and not state.key.is_file():
        return  # said where secret files are checked
    try:
        signer_context(state)
    except OSError:
        raise ConfigError(
            "The files of [certificates.state] cannot open a connection: authorities and certificate must be PEM, and "
            "key must be the private key of certificate."
        ) from None
