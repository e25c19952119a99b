"""What a pharmacy has that can be tampered with, and how its people change each of it: for the tests and the drill.

    tests/tampering_material.py --data FOLDER make|change

does it in the database of a demonstration, as the owner of its first pharmacy.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

PASSWORD = "Un-autre-m0t-de-passe!"  # of somebody invented
NUMBERS = ("01D1058442", "01D1058443")


def make_material(by: Any, colleague: Any) -> Mapping[str, UUID]:
    """Make a row of every sealed table, two persons with a factor, and a result of a file; return what is changed."""
    from orphaned import leave_orphan
    from people import make_lot, make_patient, make_program, make_signed, make_test, person_of, set_up_totp
    from told_programs import have_told

    from temoin.arrivals.posters import make_poster, standing_poster
    from temoin.intake.terms import allow_laboratory
    from temoin.lib.zones import HOUSE, today_in
    from temoin.pharmacies.team import invite_member
    from temoin.retention.cases import open_case
    from temoin.retention.holds import place_hold
    from temoin.testing.groups import open_group

    patient, lot = make_patient(by, nir=""), make_lot(by, number="Z99")
    allow_laboratory(by=by, number=NUMBERS[0], name="Laboratoire des Halles")
    for seat in (by, colleague):
        if not person_of(seat).authenticator_set.exists():
            set_up_totp(person_of(seat))
    make_program(by)
    sign_result_of_file(by, patient)
    if standing_poster(by=by) is None:
        make_poster(by=by, instead_of=None)
    poster = standing_poster(by=by)
    assert poster is not None
    open_group(by=by, group_id=(group := uuid4()), name="École", kind="covid19-ag")
    return {
        "orphan": leave_orphan(by),
        "group": group,
        "poster": poster.id,
        "patient": patient,
        "lot": lot,
        "signed": make_signed(by, patient, lot),
        "registered": make_test(by, patient),
        "program": make_program(by),
        "told": have_told(by),
        "invitation": invite_member(by=by, newcomer=_newcomer()).id,
        "colleague": colleague.member_id,
        "person": colleague.person_id,
        "case": open_case(by=by, patient_id=patient, kind="access", asked="Tout", received_on=today_in(HOUSE)),
        "hold": place_hold(by=by, patient_id=None, reason="Réquisition"),
    }


def _newcomer() -> Any:
    from people import NEWCOMER

    return NEWCOMER


def sign_result_of_file(by: Any, patient: UUID) -> None:
    """Sign a result as a file brings it."""
    from people import COVID, TRAITS

    from temoin.catalogue.kinds import load_kinds
    from temoin.journal.act import acts_together
    from temoin.lib.clock import now
    from temoin.patients.traits import check_traits
    from temoin.pharmacies.seat import pharmacy_of
    from temoin.testing.from_file import FileResult, sign_from_file
    from temoin.testing.report import Device
    from temoin.testing.sample import Reading, Sample

    device = Device(manufacturer="M", reference="R", name="N")
    sample = Sample(specimen="nasopharyngeal-swab", sampled_at=now() - timedelta(hours=2), device=device)
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now() - timedelta(hours=1))
    result = FileResult(
        patient_id=patient, kind=load_kinds()[COVID], sample=sample, reading=reading, source_key=f"key of {patient}"
    )
    with acts_together(by=by) as acts:
        sign_from_file(acts, by=by, pharmacy=pharmacy_of(by), traits=check_traits(TRAITS), result=result)


def changes_of(by: Any, made: Mapping[str, Any]) -> Mapping[str, Callable[[], object]]:
    """Return, by table, the act that changes or removes a row of it."""
    from people import TRAITS, change_patient

    from temoin.arrivals.posters import withdraw_poster
    from temoin.intake.terms import allow_laboratory
    from temoin.lib.clock import now
    from temoin.patients.traits import check_traits
    from temoin.pharmacies.programs import revoke_program
    from temoin.pharmacies.team import suspend_member, withdraw_invitation
    from temoin.retention.cases import answer_case
    from temoin.retention.holds import lift_hold
    from temoin.testing.actions import take_sample
    from temoin.testing.groups import close_group
    from temoin.testing.orphans import set_aside_orphan
    from temoin.testing.sample import Sample
    from temoin.testing.signing import renew_ticket
    from temoin.webhooks.actions import turn_secret

    moved = check_traits({**TRAITS, "nir": "", "street": "1 rue Neuve"})
    sample = Sample(specimen="nasopharyngeal-swab", sampled_at=now(), lot_id=made["lot"])
    return {
        "patients_patient": lambda: change_patient(by=by, patient_id=made["patient"], traits=moved),
        "testing_record": lambda: take_sample(by=by, record_id=made["registered"], sample=sample, seen=""),
        "testing_group": lambda: close_group(by=by, group_id=made["group"]),
        "testing_orphan_result": lambda: set_aside_orphan(by=by, orphan_id=made["orphan"], reason="Contrôle"),
        "testing_ticket": lambda: renew_ticket(by=by, record_id=made["signed"], expected_version=1),
        "intake_file_terms": lambda: allow_laboratory(by=by, number=NUMBERS[1], name="Laboratoire du Port"),
        "pharmacies_program": lambda: revoke_program(by=by, program_id=made["program"]),
        "webhooks_webhook": lambda: turn_secret(by=by, program_id=made["told"], expected_version=None),
        "pharmacies_register_check": lambda: withdraw_invitation(by=by, invitation_id=made["invitation"]),
        "pharmacies_invitation": lambda: None,  # by the same act
        "signin_person": lambda: _change_password(made["person"]),
        "mfa_authenticator": lambda: _take_factor_away(made["person"]),
        "retention_case": lambda: answer_case(by=by, case_id=made["case"], granted=True, answer="Remise"),
        "retention_hold": lambda: lift_hold(by=by, hold_id=made["hold"], reason="Classée"),
        "arrivals_poster": lambda: withdraw_poster(by=by, poster_id=made["poster"]),
        "pharmacies_member": lambda: suspend_member(by=by, member_id=made["colleague"]),
    }


def _change_password(person_id: UUID) -> None:
    from temoin.signin.models import Person

    person = Person.objects.get(id=person_id)
    person.set_password(PASSWORD)
    person.save()


def _take_factor_away(person_id: UUID) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user_id=person_id).delete()


def main() -> None:
    """Make, or change, in a demonstration."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    data, what = Path(sys.argv[2]), sys.argv[3]
    become(Process.STAFF, data)
    from temoin.cli.signer import choose_signer
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.models import Member
    from temoin.pharmacies.seat import seat_of

    owner, kept = choose_signer(finess=None, email=None, is_demo=True), data / "material.json"
    with tenant_scope(owner.pharmacy_id):
        colleague = seat_of(Member.objects.filter(profession="student").first())
    if what == "make":
        made = make_material(owner, colleague)
        kept.write_text(json.dumps({name: str(number) for name, number in made.items()}), encoding="utf-8")
        return
    made = {name: UUID(number) for name, number in json.loads(kept.read_text(encoding="utf-8")).items()}
    for change in changes_of(owner, made).values():
        change()


if __name__ == "__main__":
    main()
