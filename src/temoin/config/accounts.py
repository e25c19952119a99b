"""How the sign-in library is bound to the house: no sign-up, and TOTP secrets sealed under the platform key."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from temoin.crypto.platform import open_platform_secret, seal_platform_secret


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the library has no types
    """Accounts are made by a pharmacy's owner, never by whoever finds the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False


class SealingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # the library has no types
    """A dump of the database must not hand out second factors: they are sealed under the platform key."""

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret or the seed of the recovery codes."""
        return seal_platform_secret("second factor", text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` sealed."""
        return open_platform_secret("second factor", encrypted_text)
