"""The channel `fhir`: documents to an authority's FHIR server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, DemoUse, Destination, Held
from temoin.transmission.channels.fhir.faults import FAULTS, SPARED
from temoin.transmission.channels.fhir.reasons import REASONS
from temoin.transmission.channels.fhir.settings import FhirSettings, Profile, check_fhir_files
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier

DEMO = """[fhir]
base_url = "{sandbox}/fhir"
enabled = true
rules = "demonstration"
"""


class FhirChannel(ReportChannel[FhirSettings]):
    """Any FHIR R4 server, or an authority with a dialect of its own (`profile`)."""

    name = "fhir"
    section = FhirSettings
    destinations = (
        Destination(
            name="fhir", words=Label(fr="Autorité sanitaire", en="Health authority"), audience=Audience.AUTHORITY
        ),
    )
    faults, spared = FAULTS, SPARED
    reasons = REASONS
    demo = DemoUse(section=DEMO, has_port=False)
    held = Held(path="/fhir/Bundle?_summary=true&_count=500", is_search=True)

    def couriers(self, settings: FhirSettings, site: Site) -> Sequence[Courier]:
        from temoin.transmission.channels.fhir.ch_elm import ChElmCourier
        from temoin.transmission.channels.fhir.courier import FhirCourier
        from temoin.transmission.channels.fhir.demis import DemisCourier

        speakers: dict[Profile, type[FhirCourier | ChElmCourier | DemisCourier]] = {
            Profile.EU_LABORATORY: FhirCourier,
            Profile.CH_ELM: ChElmCourier,
            Profile.DEMIS: DemisCourier,
        }
        return [speakers[settings.profile](settings, demo=site.demo)]

    def rule_sets(self, settings: FhirSettings) -> Mapping[str, RuleSet]:
        return {"fhir": settings.rules} if settings.enabled else {}

    def secrets(self, settings: FhirSettings) -> Mapping[str, Path]:
        keys = {
            "key of our certificate": settings.key,
            "key for tokens": None if settings.tokens is None else settings.tokens.key,
        }
        return {noun: path for noun, path in keys.items() if path is not None}

    def check(self, settings: FhirSettings) -> None:
        check_fhir_files(settings)

    def places(self, settings: FhirSettings) -> Iterable[tuple[str, str]]:
        yield "base_url", settings.base_url
        if settings.tokens is not None:
            yield "token_url", settings.tokens.token_url


FHIR = FhirChannel()
