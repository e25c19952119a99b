"""Chromium's own virtual authenticator: a passkey device that answers as the test says."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page


class Device:
    """An authenticator within the browser, with user verification unless told otherwise."""

    def __init__(self, page: Page, *, verifies: bool = True) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        answer = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = {"authenticatorId": answer["authenticatorId"]}

    def passkeys(self) -> list[dict[str, Any]]:
        """Return what the device holds."""
        held: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", self.id)["credentials"]
        return held

    def stop_verifying(self) -> None:
        """Go on answering, without asking who is there."""
        self.cdp.send("WebAuthn.setUserVerified", {**self.id, "isUserVerified": False})
