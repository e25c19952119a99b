"""The channel `sftp`: CSV files to an authority's folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, DemoUse, Destination, Held, Looked
from temoin.transmission.channels.sftp.faults import FAULTS, SPARED
from temoin.transmission.channels.sftp.reasons import REASONS
from temoin.transmission.channels.sftp.settings import SftpSettings, check_sftp_files
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier

DEMO = """[sftp]
host = "{host}"
port = {port}
enabled = true
rules = "demonstration"
user = "temoin"
key = "keys/sftp-ours.key"
host_keys = "keys/sftp-host.pub"
folder = "/results"
acknowledgements = "/acknowledgements"
"""


class SftpChannel(ReportChannel[SftpSettings]):
    """A receiver of files over SFTP."""

    name = "sftp"
    section = SftpSettings
    destinations = (
        Destination(
            name="sftp",
            words=Label(fr="Autorité sanitaire, par fichiers", en="Health authority, by files"),
            audience=Audience.AUTHORITY,
        ),
    )
    faults, spared = FAULTS, SPARED
    reasons = REASONS
    demo = DemoUse(
        section=DEMO,
        sandbox=(
            *("--sftp-port", "{port}"),
            *("--sftp-host-key", "{keys}/sftp-host.key"),
            *("--sftp-user-key", "{keys}/sftp-ours.pub"),
        ),
    )
    held = Held(path="/csv.json", key="key")
    # Below it: every step of every connection, with the account.
    loggers: ClassVar[Mapping[str, str]] = {"asyncssh": "WARNING"}

    def couriers(self, settings: SftpSettings, site: Site) -> Sequence[Courier]:
        from temoin.transmission.channels.sftp.daily import courier_of  # its library takes a moment to load

        return [courier_of(settings, demo=site.demo)]

    def rule_sets(self, settings: SftpSettings) -> Mapping[str, RuleSet]:
        return {"sftp": settings.rules} if settings.enabled else {}

    def secrets(self, settings: SftpSettings) -> Mapping[str, Path]:
        return {"key of our SFTP account": settings.key}

    def check(self, settings: SftpSettings) -> None:
        check_sftp_files(settings)

    def look(self, settings: SftpSettings) -> Looked:
        from temoin.transmission.channels.sftp.look import look_at_folders

        return look_at_folders(settings) if settings.enabled else Looked()

    def places(self, settings: SftpSettings) -> Iterable[tuple[str, str]]:
        yield "host", f"//{settings.host}"


SFTP = SftpChannel()
