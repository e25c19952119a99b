"""What the answers of this channel alone mean on screen, and what to do."""

from __future__ import annotations

from temoin.lib.label import Label
from temoin.outbox.channel import CodeWords, Remedy

_MEND_NUMBER = Label(
    fr="Vérifiez le numéro sur la fiche du patient et renvoyez, ou imprimez le résultat.",
    en="Check the number on the patient's record and send again, or print the result.",
)

REASONS = {
    "no_mobile": CodeWords(
        Label(
            fr="Le patient n’a pas de téléphone mobile.",
            en="The patient has no mobile telephone.",
        ),
        Label(
            fr="Saisissez-le sur la fiche du patient et renvoyez, ou imprimez le résultat.",
            en="Enter it on the patient's record and send again, or print the result.",
        ),
    ),
    "sms_number_refused": CodeWords(
        Label(
            fr="L’opérateur ne connaît pas ce numéro, ou il ne reçoit pas de SMS.",
            en="The operator does not know this number, or it receives no text messages.",
        ),
        _MEND_NUMBER,
    ),
    "sms_refused": CodeWords(
        Label(
            fr="Le prestataire d’envoi de SMS refuse ce message.",
            en="The provider of text messages refuses this message.",
        ),
        Remedy.SUPPORT,
    ),
    "sms_no_credit": CodeWords(
        Label(
            fr="Le compte d’envoi de SMS n’a plus de crédit.",
            en="The account for text messages has no credit left.",
        ),
        Remedy.LATER,
    ),
    "sms_undelivered": CodeWords(
        Label(
            fr="Le SMS n’a pas pu être remis au téléphone du patient.",
            en="The text message could not be delivered to the patient's telephone.",
        ),
        _MEND_NUMBER,
    ),
    "sms_blocked": CodeWords(
        Label(
            fr="Ce numéro refuse les SMS du prestataire.",
            en="This number refuses the provider's text messages.",
        ),
        Label(
            fr="Appelez le patient, ou imprimez le résultat.",
            en="Call the patient, or print the result.",
        ),
    ),
}
