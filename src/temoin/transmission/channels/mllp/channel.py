"""The channel `mllp`: HL7 v2 messages to an authority or a hub."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, DemoUse, Destination, Held
from temoin.transmission.channels.mllp.faults import FAULTS, SPARED
from temoin.transmission.channels.mllp.reasons import REASONS
from temoin.transmission.channels.mllp.settings import MllpSettings, check_mllp_files
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier

DEMO = """[mllp]
host = "{host}"
port = {port}
enabled = true
rules = "demonstration"
profile = "elr"
tls = false
"""


class MllpChannel(ReportChannel[MllpSettings]):
    """A receiver of HL7 v2 over MLLP."""

    name = "mllp"
    section = MllpSettings
    destinations = (
        Destination(
            name="mllp",
            words=Label(fr="Autorité sanitaire, par HL7", en="Health authority, by HL7"),
            audience=Audience.AUTHORITY,
        ),
    )
    faults, spared = FAULTS, SPARED
    reasons = REASONS
    demo = DemoUse(section=DEMO, sandbox=("--mllp-port", "{port}"))
    held = Held(path="/hl7.json", key="control_id")

    def couriers(self, settings: MllpSettings, site: Site) -> Sequence[Courier]:
        from temoin.transmission.channels.mllp.courier import MllpCourier

        return [MllpCourier(settings, demo=site.demo)]

    def rule_sets(self, settings: MllpSettings) -> Mapping[str, RuleSet]:
        return {"mllp": settings.rules} if settings.enabled else {}

    def secrets(self, settings: MllpSettings) -> Mapping[str, Path]:
        return {} if settings.key is None else {"key of our certificate": settings.key}

    def check(self, settings: MllpSettings) -> None:
        check_mllp_files(settings)

    def places(self, settings: MllpSettings) -> Iterable[tuple[str, str]]:
        yield "host", f"//{settings.host}"


MLLP = MllpChannel()
