"""The channel `email`: a message with a link to the patient's letter, through the site's mail server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.delivery.channels.email.reasons import REASONS
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, Channel, Destination, Looked, Manner

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier
    from temoin.outbox.duties import Duty


class EmailChannel(Channel[EmailSettings]):
    """The site's mail server. A site must have one: alarms and notices to staff leave by it too."""

    name = "email"
    section = EmailSettings
    is_required = True
    destinations = (
        Destination(
            name="email",
            words=Label(fr="Patient, par e-mail", en="Patient, by e-mail"),
            audience=Audience.PATIENT,
            manner=Manner.LINK,
        ),
    )

    reasons = REASONS

    def couriers(self, settings: EmailSettings, site: Site) -> Sequence[Courier]:
        from temoin.delivery.channels.email.courier import EmailCourier

        return [EmailCourier(settings, site)]

    def duties(self, settings: EmailSettings) -> Sequence[Duty]:
        from temoin.delivery.channels.email.returned_mail import returned_mail_duties

        return () if settings.returned is None else returned_mail_duties(settings.returned)

    def secrets(self, settings: EmailSettings) -> Mapping[str, Path]:
        returned = settings.returned
        return {} if returned is None else {"password of the mailbox for returned mail": returned.password_file}

    def look(self, settings: EmailSettings) -> Looked:
        from temoin.delivery.channels.email.look import look_at_mail_server

        return look_at_mail_server(settings)

    def places(self, settings: EmailSettings) -> Iterable[tuple[str, str]]:
        yield "host", f"//{settings.host}"
        if settings.returned is not None:
            yield "returned.host", f"//{settings.returned.host}"


EMAIL = EmailChannel()
