"""The channel `mssante`: secure messages to treating doctors and to patients' own secure mailboxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.lib.label import Label
from temoin.lib.site import Site
from temoin.outbox.channel import Audience, DemoUse, Destination, Manner
from temoin.transmission.channels.mssante.faults import FAULTS, SPARED
from temoin.transmission.channels.mssante.reasons import REASONS
from temoin.transmission.channels.mssante.settings import MssanteSettings, check_mssante_files
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.rule_set import RuleSet

if TYPE_CHECKING:
    from temoin.outbox.courier import Courier
    from temoin.outbox.duties import Duty

NOTICES_EVERY = timedelta(minutes=2)
DEMO = """[mssante]
host = "{host}"
port = {port}
enabled = true
encryption = "tls"
sender = "pharmacie@demonstration.mssante.fr"
certificate = "keys/mssante/ours.pem"
key = "keys/mssante/ours.key"
authorities = "keys/mssante/authorities.pem"
doctor = true
patient = true
doctor_rules = "demonstration"
patient_rules = "demonstration"
source_id = "1.2.250.1.999.1"
"""


class MssanteChannel(ReportChannel[MssanteSettings]):
    """The operator of a secure mailbox."""

    name = "mssante"
    section = MssanteSettings
    destinations = (
        Destination(
            name="mssante-doctor",
            words=Label(fr="Médecin traitant, par MSSanté", en="Treating doctor, by secure messaging"),
            audience=Audience.DOCTOR,
            manner=Manner.MESSAGE,
            nobody=Label(
                fr="La fiche ne nomme pas de médecin traitant, ou le patient s’y oppose : rien ne part à un médecin.",
                en="The record names no treating doctor, or the patient objects: nothing goes to a doctor.",
            ),
        ),
        Destination(
            name="mssante-patient",
            words=Label(fr="Patient, par MSSanté", en="Patient, by secure messaging"),
            audience=Audience.PATIENT,
            manner=Manner.MESSAGE,
            nobody=Label(
                fr="Seule une identité qualifiée a une messagerie sécurisée : rien n’y part.",
                en="Only a qualified identity has a secure mailbox: nothing goes there.",
            ),
        ),
    )
    faults, spared = FAULTS, SPARED
    reasons = REASONS
    demo = DemoUse(section=DEMO, sandbox=("--mssante-port", "{port}", "--mssante-certificates", "{keys}/mssante"))

    def couriers(self, settings: MssanteSettings, site: Site) -> Sequence[Courier]:
        from temoin.transmission.channels.mssante.courier import MssanteDoctorCourier, MssantePatientCourier

        return [MssanteDoctorCourier(settings, demo=site.demo), MssantePatientCourier(settings, demo=site.demo)]

    def duties(self, settings: MssanteSettings) -> Sequence[Duty]:
        from temoin.outbox.duties import Duty
        from temoin.transmission.channels.mssante.inbox import DUTY, read_inbox

        if not settings.enabled or settings.inbox is None:
            return ()
        return [Duty(DUTY, NOTICES_EVERY, partial(read_inbox, settings, settings.inbox))]

    def rule_sets(self, settings: MssanteSettings) -> Mapping[str, RuleSet]:
        sets = {"mssante-doctor": settings.doctor_rules} if settings.sends_to_doctors else {}
        return {**sets, "mssante-patient": settings.patient_rules} if settings.sends_to_patients else sets

    def secrets(self, settings: MssanteSettings) -> Mapping[str, Path]:
        password = None if settings.inbox is None else settings.inbox.password_file
        key = {"key of our mailbox": settings.key}
        return key if password is None else {**key, "password of our mailbox": password}

    def check(self, settings: MssanteSettings) -> None:
        check_mssante_files(settings)

    def places(self, settings: MssanteSettings) -> Iterable[tuple[str, str]]:
        yield "host", f"//{settings.host}"
        if settings.inbox is not None:
            yield "inbox.host", f"//{settings.inbox.host}"


MSSANTE = MssanteChannel()
