"""The channel `pigeon`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from temoin.transmission.channels.pigeon.settings import PigeonSettings, check_pigeon_files

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, CodeWords, DemoUse, Destination, FaultCase, Held, Looked, Remedy
from temoin.outbox.courier import Courier
from temoin.outbox.duties import Duty
from temoin.outbox.states import ParcelState
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.rule_set import RuleSet

DEMO = """[pigeon]
host = "{host}"
port = {port}
enabled = true
rules = "demonstration"
ring = "keys/pigeon.ring"
map = "{keys}/map"
"""


class PigeonChannel(ReportChannel[PigeonSettings]):
    """A loft."""

    name = "pigeon"
    section = PigeonSettings
    destinations = (
        Destination(
            name="pigeon",
            words=Label(fr="Pigeonnier", en="Pigeon loft"),
            audience=Audience.AUTHORITY,
        ),
    )
    reasons: ClassVar[Mapping[str, CodeWords]] = {
        "hawk": CodeWords(Label(fr="Un faucon a pris l’oiseau.", en="A hawk took the bird."), Remedy.SUPPORT)
    }
    demo = DemoUse(section=DEMO, sandbox=("--pigeon-port", "{port}"))
    held = Held(path="/pigeons.json", key="ring")
    faults = (FaultCase("down", "503", ParcelState.WAITING, "unreachable"),)
    loggers: ClassVar[Mapping[str, str]] = {"wings": "ERROR"}

    def couriers(self, settings: PigeonSettings, site: Site) -> Sequence[Courier]:
        from temoin.transmission.channels.pigeon.courier import PigeonCourier

        return [PigeonCourier(settings, demo=site.demo)]

    def duties(self, settings: PigeonSettings) -> Sequence[Duty]:
        from temoin.transmission.channels.pigeon.courier import feed

        return [Duty("feed-pigeons", timedelta(hours=6), feed)]

    def rule_sets(self, settings: PigeonSettings) -> Mapping[str, RuleSet]:
        return {"pigeon": settings.rules} if settings.enabled else {}

    def secrets(self, settings: PigeonSettings) -> Mapping[str, Path]:
        return {"ring of our pigeons": settings.ring}

    def check(self, settings: PigeonSettings) -> None:
        check_pigeon_files(settings)

    def look(self, settings: PigeonSettings) -> Looked:
        return Looked(findings=("the loft is closed on Sundays.",))

    def places(self, settings: PigeonSettings) -> Iterable[tuple[str, str]]:
        yield "host", f"//{settings.host}"


PIGEON = PigeonChannel()
