"""Whether the key of certificates is published: what it signs would otherwise be of an unknown signer everywhere."""

from __future__ import annotations

from temoin.lib.config_error import ConfigError
from temoin.settings.file import Config


def check_key_published(config: Config) -> None:
    """Refuse a key of certificates whose public half the patients' site does not show under its own address."""
    own = config.certificates
    if own is None or own.key is None:
        return
    # Imported here: whoever reads the settings waits for no cryptography.
    import orjson

    from temoin.crypto.certificate_key import CertificateKeyError, read_certificate_key
    from temoin.crypto.signatures import public_members
    from temoin.portal.trusted_keys import published_keys

    try:
        public = public_members(read_certificate_key(own.key).public)
    except CertificateKeyError:
        return  # said where secret files are checked
    shown = [each["jwk"] for each in orjson.loads(published_keys(own.trusted))["keys"] if _is_ours(each, config)]
    if public not in shown:
        raise ConfigError(
            f"The public half of {own.key} is not in {own.trusted} under {config.site.portal_url}, so that nobody "
            "would believe what it signs: run temoin certificates make-key."
        )


def _is_ours(key: dict[str, str], config: Config) -> bool:
    return key["issuer"] == config.site.portal_url
