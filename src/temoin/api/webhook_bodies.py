"""What a program sends and is told about its own notices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from temoin.api.bodies import Shape


class WebhookAddress(Shape):
    """Where a program is told."""

    address: Annotated[str, Field(max_length=500, description="It begins with https://, and is public.")]


class WebhookSecret(Shape):
    """What signs each notice."""

    secret: Annotated[str, Field(description="Told now, and to the same call sent again with its key; never after.")]


class NoticeTold(Shape):
    """A notice and its last try."""

    id: Annotated[UUID, Field(description="The `webhook-id` of each try.")]
    type: str
    test_id: UUID | None
    happened_at: datetime
    attempts: int
    tried_at: datetime | None
    answer: Annotated[str, Field(description="What the last try brought: a closed code, empty before the first.")]
    told_at: datetime | None


class WebhookTold(Shape):
    """Where a program is told, and how that goes."""

    address: str
    has_two_secrets: Annotated[bool, Field(description="The former one signs too, for a week.")]
    waiting: int
    troubled_since: Annotated[datetime | None, Field(description="Since when the owners know that nothing is taken.")]
    notices: Annotated[list[NoticeTold], Field(description="The last ones, the newest first.")]


class WebhooksTold(Shape):
    """The webhooks of a program: one, or none."""

    webhooks: list[WebhookTold]
