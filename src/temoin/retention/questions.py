"""What the round asks of columns in clear: which rows are past their day or asked for by right, and which must stay.

A person is the record that stands and every record that was merged into it: what holds one of these, or was asked for
by one of them, is all of them's, whichever way the merge went.
"""

from __future__ import annotations

RETENTION, ERASURE = "retention", "erasure"  # why, as events tell it

# A hold of one of the person's records, or of everything.
_HELD = """
    EXISTS (SELECT FROM retention_hold AS hold
              LEFT JOIN patients_patient AS held ON held.pharmacy_id = hold.pharmacy_id AND held.id = hold.patient_id
             WHERE hold.pharmacy_id = %(pharmacy)s AND NOT hold.id = ANY(%(lifted)s)
               AND (hold.patient_id IS NULL OR {person} = coalesce(held.merged_into, held.id)))
"""
# A request that nobody has answered keeps what it asks about: the answer, a copy perhaps, is still to be made.
_UNANSWERED = """
    EXISTS (SELECT FROM retention_case AS unanswered
              LEFT JOIN patients_patient AS asker
                ON asker.pharmacy_id = unanswered.pharmacy_id AND asker.id = unanswered.patient_id
             WHERE unanswered.pharmacy_id = %(pharmacy)s AND unanswered.state = 'open'
               AND {person} = coalesce(asker.merged_into, asker.id))
"""
# Asked for by right, and granted: what was registered and signed by the answer, as far as hours in clear can tell.
_ASKED = """
    EXISTS (SELECT FROM retention_case AS asked
              LEFT JOIN patients_patient AS whose
                ON whose.pharmacy_id = asked.pharmacy_id AND whose.id = asked.patient_id
             WHERE asked.pharmacy_id = %(pharmacy)s AND asked.id = ANY(%(granted)s)
               AND {person} = coalesce(whose.merged_into, whose.id) AND {rule})
"""
# A test is of the record that stands; it was moved there by the merge.
_OF_RECORD = """
    (SELECT coalesce(own.merged_into, own.id) FROM patients_patient AS own
      WHERE own.pharmacy_id = record.pharmacy_id AND own.id = record.patient_id)
"""
_OF_PATIENT = "coalesce(patient.merged_into, patient.id)"

HELD_RECORD = _HELD.format(person=_OF_RECORD)
ASKED_ABOUT = _UNANSWERED.format(person=_OF_RECORD)
ON_ITS_WAY = """
    EXISTS (SELECT FROM outbox_parcel AS parcel
             WHERE parcel.pharmacy_id = record.pharmacy_id AND parcel.chain_id = record.id
               AND (parcel.state = ANY(%(moving)s)
                    OR parcel.state = 'refused' AND parcel.destination = ANY(%(reported)s)))
"""
PAST = """
    record.pharmacy_id = %(pharmacy)s AND record.registered_at < %(before)s
    AND NOT EXISTS (SELECT FROM testing_record_version AS version
                     WHERE version.pharmacy_id = record.pharmacy_id AND version.record_id = record.id
                       AND version.signed_at >= %(before)s)
"""
_ASKED_RECORD = _ASKED.format(person=_OF_RECORD, rule="record.registered_at <= asked.answered_at")
WHICH_RECORDS = {
    RETENTION: PAST,
    ERASURE: f"record.pharmacy_id = %(pharmacy)s AND NOT record.state = ANY(%(under_way)s) AND {_ASKED_RECORD}",
}
RECORDS = f"""
    SELECT record.id FROM testing_record AS record
     WHERE {{which}} AND NOT record.id = ANY(%(aside)s) AND NOT {ON_ITS_WAY} AND NOT {HELD_RECORD} AND NOT {ASKED_ABOUT}
"""  # noqa: S608
FIRST_RECORDS = dict.fromkeys(WHICH_RECORDS, " ORDER BY record.registered_at LIMIT {limit}")

# What the granted request of a record still has to take: the request goes with its record, so that one goes last.
_STILL_TO_TAKE = """
    EXISTS (SELECT FROM testing_record AS test
             WHERE test.pharmacy_id = patient.pharmacy_id
               AND test.patient_id = coalesce(patient.merged_into, patient.id)
               AND test.registered_at <= {case}.answered_at)
"""
_CARRIES = f"""
    EXISTS (SELECT FROM retention_case AS carried
             WHERE carried.pharmacy_id = patient.pharmacy_id AND carried.patient_id = patient.id
               AND carried.kind = 'erasure' AND carried.state = 'granted' AND {_STILL_TO_TAKE.format(case="carried")})
"""
_LEADS_NOWHERE = """
    NOT EXISTS (SELECT FROM patients_patient AS gone
                 WHERE gone.pharmacy_id = patient.pharmacy_id AND gone.merged_into = patient.id)
"""
WHICH_PATIENTS = {
    RETENTION: f"patient.created_at < %(before)s AND {_LEADS_NOWHERE} AND NOT {_CARRIES}",
    ERASURE: _ASKED.format(
        person=_OF_PATIENT,
        rule=f"patient.created_at <= asked.answered_at AND NOT {_STILL_TO_TAKE.format(case='asked')}",
    ),
}
PATIENTS = f"""
    SELECT patient.id FROM patients_patient AS patient
     WHERE patient.pharmacy_id = %(pharmacy)s AND {{which}} AND NOT patient.id = ANY(%(aside)s)
       AND NOT {_HELD.format(person=_OF_PATIENT)} AND NOT {_UNANSWERED.format(person=_OF_PATIENT)}
       AND NOT EXISTS (SELECT FROM testing_record AS record
                        WHERE record.pharmacy_id = patient.pharmacy_id AND record.patient_id = patient.id)
       AND NOT EXISTS (SELECT FROM patients_consent AS consent
                        WHERE consent.pharmacy_id = patient.pharmacy_id AND consent.patient_id = patient.id)
"""  # noqa: S608
FIRST_PATIENTS = {
    RETENTION: " ORDER BY patient.id LIMIT {limit}",
    # Persons are never cut in two: their request would go with one half.
    ERASURE: f" ORDER BY {_OF_PATIENT} FETCH FIRST {{limit}} ROWS WITH TIES",
}
RECORDS_OF_PERSONS = """
    SELECT coalesce(merged_into, id), id FROM patients_patient
     WHERE pharmacy_id = %(pharmacy)s AND coalesce(merged_into, id) IN (
           SELECT coalesce(merged_into, id) FROM patients_patient
            WHERE pharmacy_id = %(pharmacy)s AND id = ANY(%(ids)s))
"""
# An offer of a place that can be taken no more: what it says of a person is in their place, or was never needed.
INVITATIONS = f"""
    SELECT invitation.id FROM pharmacies_invitation AS invitation
     WHERE invitation.pharmacy_id = %(pharmacy)s AND {{which}} AND NOT invitation.id = ANY(%(aside)s)
       AND NOT {_HELD.format(person="NULL::uuid")}
"""  # noqa: S608
WHICH_INVITATIONS = {RETENTION: "invitation.expires_at < %(before)s"}
FIRST_INVITATIONS = {RETENTION: " ORDER BY invitation.id LIMIT {limit}"}
SIDES = f"""
    DELETE FROM outbox_sides WHERE pharmacy_id = %(pharmacy)s AND id IN (
        SELECT sides.id FROM outbox_sides AS sides
          JOIN outbox_parcel AS parcel ON parcel.pharmacy_id = sides.pharmacy_id AND parcel.id = sides.parcel_id
          LEFT JOIN testing_record AS record
            ON record.pharmacy_id = parcel.pharmacy_id AND record.id = parcel.chain_id
         WHERE sides.pharmacy_id = %(pharmacy)s AND sides.at < %(before)s AND NOT {HELD_RECORD}
         ORDER BY sides.id LIMIT {{limit}})
"""  # noqa: S608
CALLS = """
    DELETE FROM pharmacies_program_call WHERE pharmacy_id = %(pharmacy)s AND id IN (
        SELECT id FROM pharmacies_program_call
         WHERE pharmacy_id = %(pharmacy)s AND answered_at < %(before)s ORDER BY id LIMIT {limit})
"""
WEBHOOK_NOTICES = """
    DELETE FROM webhooks_notice WHERE pharmacy_id = %(pharmacy)s AND id IN (
        SELECT id FROM webhooks_notice
         WHERE pharmacy_id = %(pharmacy)s AND happened_at < %(before)s ORDER BY id LIMIT {limit})
"""
SESSIONS = """
    DELETE FROM signin_session WHERE session_key IN (
        SELECT session_key FROM signin_session WHERE expire_date < %(now)s ORDER BY session_key LIMIT {limit})
"""
# What server processes share: tries, used codes, and files handed in, sealed, whose day is over.
MEMORY = """
    DELETE FROM signin_memo WHERE key IN (
        SELECT key FROM signin_memo WHERE expires_at < %(now)s ORDER BY key LIMIT {limit})
"""
# An account that was emptied has no password and is not active; whoever is signed in may be taking a new place.
ACCOUNTS = """
    SELECT person.id FROM signin_person AS person
     WHERE person.id = ANY(%(persons)s) AND (person.is_active OR person.email NOT LIKE '%%@ended.invalid')
       AND NOT EXISTS (SELECT FROM signin_session AS session WHERE session.person_id = person.id)
     ORDER BY person.id
"""
_CONFIRMATIONS = """
    DELETE FROM account_emailconfirmation USING account_emailaddress AS address
     WHERE email_address_id = address.id AND address.user_id = %(person)s
"""
ADDRESSES = (_CONFIRMATIONS, "DELETE FROM account_emailaddress WHERE user_id = %(person)s")
WHOLE_HOLD = f"SELECT {_HELD.format(person='NULL::uuid')}"
