"""A method for each operation about webhooks, blocking. Made by tools/write_client.py from the specification."""

from __future__ import annotations

from functools import partial

from temoin_client.answers import shape_of
from temoin_client.asking import drawn_key, headers
from temoin_client.exchange import ApiCall
from temoin_client.faces import BlockingFace
from temoin_client.models import Nothing, WebhookAddress, WebhookSecret, WebhooksTold


class BlockingWebhookCalls(BlockingFace):
    """Each operation about webhooks of the specification, under its name there."""

    def webhooks(self) -> WebhooksTold:
        """Tell where the program is told of changes, and how that goes.

        `GET /api/v1/webhooks`
        """
        return self.do(ApiCall("GET", "/api/v1/webhooks", partial(shape_of, WebhooksTold, None)))

    def register_webhook(self, body: WebhookAddress, *, key: str = "") -> WebhookSecret:
        """Be told of changes at an address, by notices that a secret signs.

        `POST /api/v1/webhooks`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/webhooks",
                partial(shape_of, WebhookSecret, None),
                body=body.sent(),
                headers=headers(media="application/json", key=key or drawn_key()),
            )
        )

    def move_webhook(self, body: WebhookAddress, *, key: str = "") -> Nothing:
        """Be told at another address from the next try on.

        `POST /api/v1/webhooks/address`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/webhooks/address",
                partial(shape_of, Nothing, None),
                body=body.sent(),
                headers=headers(media="application/json", key=key or drawn_key()),
            )
        )

    def turn_webhook_secret(self, *, key: str = "") -> WebhookSecret:
        """Replace the secret; the former one signs too for a week.

        `POST /api/v1/webhooks/secret`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/webhooks/secret",
                partial(shape_of, WebhookSecret, None),
                headers=headers(key=key or drawn_key()),
            )
        )

    def try_webhook(self, *, key: str = "") -> Nothing:
        """Be sent a notice that tells of nothing.

        `POST /api/v1/webhooks/trial`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/webhooks/trial",
                partial(shape_of, Nothing, None),
                headers=headers(key=key or drawn_key()),
            )
        )

    def end_webhook(self, *, key: str = "") -> Nothing:
        """Be told nothing any more; what waits is not sent.

        `POST /api/v1/webhooks/end`
        """
        return self.do(
            ApiCall(
                "POST",
                "/api/v1/webhooks/end",
                partial(shape_of, Nothing, None),
                headers=headers(key=key or drawn_key()),
            )
        )
