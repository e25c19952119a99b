"""The address of every page of the staff site that an owner may open, each with something on it."""

from __future__ import annotations

from appointing import Booking
from arriving import arrive
from django.urls import reverse
from orphaned import leave_orphan
from people import COVID, NEWCOMER, House, make_lot, make_patient, make_program, make_sampled, make_signed, make_test

from temoin.arrivals.appointed import cancel_appointment
from temoin.catalogue.lots import recall_lot
from temoin.delivery.letters import read_knowledge
from temoin.delivery.telling import ToldBy, note_told
from temoin.intake.handing import hand_in
from temoin.lib.ids import new_id
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.team import depart_member, invite_member
from temoin.testing.groups import join_group, open_group
from temoin.testing.queries import read_parcels
from temoin.testing.signing import cancel_result


def every_page(house: House) -> dict[str, str]:
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    registered, sampled = make_test(house.owner, patient_id), make_sampled(house.owner, patient_id, lot_id)
    signed, void = (make_signed(house.owner, patient_id, lot_id, outcome="positive") for _ in range(2))
    cancel_result(by=house.owner, record_id=void, expected_version=1, reason="essai")
    of_records = [("test", registered), ("test", sampled), ("ticket", registered), ("label", registered)]
    of_records += [(name, signed) for name in ("test", "correct", "cancel", "print_result", "parcels", "looks")]
    of_records += [("test", void), ("print_result", void)]
    parcel_id = read_parcels(by=house.owner, record_id=signed)[0].id
    of_records += [("sending", parcel_id), ("answers", parcel_id)]
    recalled = make_lot(house.owner, number="RECALLED")
    make_signed(house.owner, patient_id, recalled)
    recall_lot(by=house.owner, lot_id=recalled, reference="FSCA 2026-11")
    of_records += [("lot", lot_id), ("concerned", lot_id), ("concerned", recalled), ("recall_letters", recalled)]
    of_people = [("reset_member", house.colleague.member_id)]
    of_patients = [(name, patient_id) for name in ("patient", "amend_patient", "new_test", "same_person")]
    of_people += [("member", one) for one in (house.colleague.member_id, house.owner.member_id)]
    depart_member(by=house.owner, member_id=house.student.member_id, last_day=today_in(HOUSE))
    of_people.append(("member", house.student.member_id))
    invite_member(by=house.owner, newcomer=NEWCOMER)
    make_program(house.owner)
    open_group(by=house.owner, group_id=(group_id := new_id()), name="École", kind=COVID)
    join_group(by=house.owner, group_id=group_id, patient_ids=[patient_id])
    of_patients.append(("orphan", leave_orphan(house.owner)))
    names = ("group", "fresh_roster", "group_labels", "group_attendance", "review_group")
    of_patients += [(name, group_id) for name in names]
    plain = ["home", "find_patient", "new_patient", "lots", "help", "gallery", "choose_pharmacy", "team", "invite"]
    plain += ["calls", "programs", "files", "journal", "journal_review", "transmissions", "statement"]
    plain += ["account_change_password", "mfa_index", "mfa_add_webauthn", "mfa_activate_totp", "sessions", "enrol"]
    plain += ["groups", "orphans", "quality", "mfa_generate_recovery_codes", "results", "figures", "billing"]
    pages = {name: reverse(name) for name in plain}
    handed = hand_in(by=house.owner, name="r.csv", content=b"x", encoding="", dates="")
    pages["handed_file"] = reverse("handed_file", args=[handed])
    pages["merge_patients"] = reverse("merge_patients", args=[patient_id, make_patient(house.owner)])
    pages["told"], pages["handed over"] = (reverse("told", args=[void, way]) for way in ("phone", "paper"))
    note_told(by=house.owner, record_id=signed, expected_version=1, way=ToldBy.PHONE)
    noted = read_knowledge(by=house.owner, record_id=signed).told[0]
    pages["untell"] = reverse("untell", args=[signed, noted.id])
    appointed = Booking(house.owner)
    _taken, appointment = appointed.take(appointed.hour(60), number=4170)
    pages["appointments"], pages["hours"] = reverse("appointments"), reverse("appointment_hours")
    pages["appointment"] = reverse("appointment", args=[appointment])
    _taken, cancelled = appointed.take(appointed.hour(62), number=4171)
    cancel_appointment(by=house.owner, arrival_id=cancelled, expected_hour=None)
    pages["contact"] = reverse("appointment_contact", args=[cancelled])
    pages["poster"], pages["arrival"] = reverse("poster"), reverse("arrival", args=[arrive(house.owner)])
    return pages | {f"{name} {one}": reverse(name, args=[one]) for name, one in [*of_records, *of_patients, *of_people]}
