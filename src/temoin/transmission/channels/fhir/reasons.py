"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords, Remedy

BY_PHONE = Label(
    fr="Prévenez l’autorité par téléphone et notez-le.",
    en="Tell the authority by phone, and note it.",
)

REASONS = {
    "no_token": CodeWords(
        Label(
            fr="Le service qui nous ouvre l’accès à l’autorité ne répond pas : rien n’a été envoyé.",
            en="The authority's sign-in service does not answer: nothing was sent.",
        ),
        Remedy.LATER,
    ),
    "token_refused": CodeWords(
        Label(
            fr="Le service qui nous ouvre l’accès à l’autorité ne nous reconnaît pas : rien n’a été envoyé.",
            en="The authority's sign-in service does not know us: nothing was sent.",
        ),
        Remedy.SUPPORT,
    ),
    "in_progress": CodeWords(
        Label(
            fr="L’autorité l’a reçu et le traite encore : elle sera interrogée à nouveau.",
            en="The authority has it and is still processing it: it is asked again.",
        ),
        Remedy.LATER,
    ),
    "processing_failed": CodeWords(
        Label(
            fr="L’autorité n’a pas pu traiter le document et ne l’a pas gardé.",
            en="The authority could not process the document, and did not keep it.",
        ),
        Remedy.CORRECT,
    ),
    "no_sender_number": CodeWords(
        Label(
            fr="Le numéro de cette pharmacie auprès de l’autorité manque dans les réglages.",
            en="The authority's number of this pharmacy is not in the settings.",
        ),
        Remedy.SUPPORT,
    ),
    "no_canton": CodeWords(
        Label(
            fr="Le canton du patient n’est pas connu.",
            en="The patient's canton is not known.",
        ),
        Remedy.COMPLETE_PATIENT,
    ),
    "no_patient_postcode": CodeWords(
        Label(
            fr="Le code postal du patient n’est pas connu.",
            en="The patient's postal code is not known.",
        ),
        Remedy.COMPLETE_PATIENT,
    ),
    "unknown_country": CodeWords(
        Label(
            fr="Le pays du patient ne peut pas être transmis à cette autorité.",
            en="The patient's country cannot be told to this authority.",
        ),
        Remedy.COMPLETE_PATIENT,
    ),
    "no_pharmacy_address": CodeWords(
        Label(
            fr="La ville et le code postal de la pharmacie ne sont pas connus.",
            en="The pharmacy's town and postal code are not known.",
        ),
        Remedy.SUPPORT,
    ),
    "not_withdrawable": CodeWords(
        Label(
            fr="Cette autorité n’accepte pas d’annulation par cette voie.",
            en="This authority takes no withdrawal by this way.",
        ),
        BY_PHONE,
    ),
    "not_expressible": CodeWords(
        Label(
            fr="Cette autorité ne prévoit pas d’échantillon ininterprétable.",
            en="This authority has no word for a sample that could not be judged.",
        ),
        BY_PHONE,
    ),
    "needs_name": CodeWords(
        Label(
            fr="Cette autorité demande le nom, et les règles des réglages le retiennent.",
            en="This authority wants the name, and the rules in the settings keep it back.",
        ),
        Remedy.SUPPORT,
    ),
    "not_notifiable": CodeWords(
        Label(
            fr="Ce résultat n’est pas de ceux que cette autorité demande.",
            en="This result is not one that this authority wants.",
        ),
        Remedy.NOTHING,
    ),
    "other_laboratory": CodeWords(
        Label(
            fr="Un autre laboratoire a fait ce test : cette autorité attend sa propre déclaration.",
            en="Another laboratory made this test: this authority expects that laboratory's own notification.",
        ),
        Remedy.NOTHING,
    ),
    "redirected": CodeWords(
        Label(
            fr="Le service a changé d’adresse : rien n’est envoyé à une adresse inconnue.",
            en="The service has moved: nothing is sent to an unknown address.",
        ),
        Remedy.SUPPORT,
    ),
}
