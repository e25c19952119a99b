"""What an answer's code means to the operator of the site, what mends it, and where to look, for the alarm mail.

The pages tell a pharmacy what it can do (`web.wording`); an operator mends other things. No word of health, no name.
"""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.label import Label

LANES, CHECK, KEYS, LOG = "temoin lanes", "temoin check", "temoin keys verify", "temoin worker"
PAGE = "/transmissions/"


@dataclass(frozen=True)
class Matter:
    """One code, put into words for the operator."""

    words: Label
    remedy: Label
    look: str  # the command, or the page of each pharmacy concerned


_WAIT = Label(
    fr="Vérifiez le réseau et l’état du service ; les envois partiront d’eux-mêmes.",
    en="Check the network and the state of the service; the sendings leave by themselves.",
)
_ASK = Label(
    fr="Demandez à l’exploitant du service ce qu’il a reçu et répondu.",
    en="Ask the operator of the service what it received and answered.",
)
_RULES = Label(fr="Revoyez les règles que nomment les paramètres.", en="Review the rules that the settings name.")
_AGREE = Matter(
    Label(
        fr="Le service refuse tout ce qui vient de ce site : adresse, accès ou accord.",
        en="The service refuses whatever comes from this site: address, access or agreement.",
    ),
    Label(
        fr="Vérifiez l’adresse et nos accès dans les paramètres, puis voyez avec l’exploitant du service.",
        en="Check the address and our access in the settings, then settle it with the operator of the service.",
    ),
    CHECK,
)
_UNCLEAR = Matter(
    Label(fr="Le service ne répond pas clairement.", en="The service does not answer clearly."), _ASK, LANES
)
_RULED_OUT = Matter(
    Label(
        fr="Les règles de la destination, changées depuis la signature, retiennent l’envoi.",
        en="The rules of the destination, changed since the signature, keep the sending back.",
    ),
    _RULES,
    CHECK,
)
_AWAITED = Matter(
    Label(fr="Des fichiers attendent leur accusé de réception.", en="Files wait for their acknowledgement."),
    _ASK,
    LANES,
)
_OUR_DEFECT = Matter(
    Label(fr="Une erreur de notre programme empêche l’envoi.", en="An error of our program prevents the sending."),
    Label(
        fr="Le journal du worker dit où : transmettez cette ligne à l’assistance de Témoin.",
        en="The worker’s log says where: give that line to those who maintain Témoin.",
    ),
    LOG,
)
# What the pharmacy itself mends: its page says how.
PHARMACYS = Matter(
    Label(
        fr="La pharmacie doit agir : sa page Transmissions dit quoi faire.",
        en="The pharmacy must act: its page Transmissions says what to do.",
    ),
    Label(fr="Rappelez-le-lui si cela dure.", en="Remind it if this lasts."),
    PAGE,
)
OTHER = Matter(Label(fr="Le service répond par une erreur.", en="The service answers with an error."), _ASK, LANES)
MATTERS: dict[str, Matter] = {
    "": Matter(
        Label(fr="Aucun essai n’a encore eu de réponse.", en="No try has had an answer yet."),
        Label(fr="Vérifiez que le worker tourne.", en="Check that the worker runs."),
        LANES,
    ),
    "unreachable": Matter(Label(fr="Le service est injoignable.", en="The service cannot be reached."), _WAIT, LANES),
    **dict.fromkeys(("no_answer", "unreadable_answer", "no_acknowledgement", "unreadable_acknowledgement"), _UNCLEAR),
    **dict.fromkeys(("not_askable", "unknown_there", "error_inside", "not_reached"), _UNCLEAR),
    **dict.fromkeys(("unclear_answer", "cut_off", "contradictory_acknowledgement"), _UNCLEAR),
    "answer_for_another_key": Matter(
        Label(fr="Le service répond à propos d’un autre envoi.", en="The service answers about another sending."),
        _ASK,
        LANES,
    ),
    "certificate_refused": Matter(
        Label(
            fr="Le service ne présente pas le bon certificat : rien n’est parti.",
            en="The service does not show the right certificate: nothing was sent.",
        ),
        Label(
            fr="Demandez à son exploitant s’il en a changé, puis mettez à jour les paramètres.",
            en="Ask its operator whether it was changed, then bring the settings up to date.",
        ),
        CHECK,
    ),
    "not_public": Matter(
        Label(
            fr="L’adresse donnée pour un logiciel mène à l’intérieur d’un réseau : rien n’y est envoyé.",
            en="The address given for a program leads inside a network: nothing is sent there.",
        ),
        Label(
            fr="Faites donner une autre adresse, ou autorisez celle-ci dans les paramètres (allowed_hosts).",
            en="Have another address given, or allow this one in the settings (allowed_hosts).",
        ),
        CHECK,
    ),
    "no_token": Matter(
        Label(fr="Le service de jetons ne répond pas.", en="The service of tokens does not answer."), _WAIT, LANES
    ),
    "token_refused": Matter(
        Label(fr="Le service de jetons ne nous connaît pas.", en="The service of tokens does not know us."),
        Label(
            fr="Vérifiez notre clé et l’horloge, puis voyez avec son exploitant.",
            en="Check our key and the clock, then settle it with its operator.",
        ),
        CHECK,
    ),
    "in_progress": Matter(
        Label(fr="Le service traite encore l’envoi.", en="The service still works on the sending."), _ASK, LANES
    ),
    "no_sender_number": Matter(
        Label(
            fr="Le numéro d’une pharmacie chez l’autorité manque dans les paramètres.",
            en="The authority's number of a pharmacy is missing in the settings.",
        ),
        Label(fr="Ajoutez-le.", en="Add it."),
        CHECK,
    ),
    "no_pharmacy_address": Matter(
        Label(
            fr="La ville ou le code postal d’une pharmacie manque.", en="The town or postcode of a pharmacy is missing."
        ),
        Label(fr="Complétez son entrée.", en="Complete its entry."),
        PAGE,
    ),
    "needs_name": Matter(
        Label(
            fr="L’autorité veut le nom, et les règles le retiennent.",
            en="The authority wants the name, and the rules keep it back.",
        ),
        _RULES,
        CHECK,
    ),
    **dict.fromkeys(("no_rule", "not_in_force"), _RULED_OUT),
    **dict.fromkeys(("awaiting_acknowledgement", "acknowledgement_overdue"), _AWAITED),
    "host_key_refused": Matter(
        Label(
            fr="La clé d’hôte du destinataire n’est pas celle des paramètres : rien n’est parti.",
            en="The receiver's host key is not that of the settings: nothing was sent.",
        ),
        Label(
            fr="Demandez à son exploitant s’il en a changé, puis corrigez host_keys.",
            en="Ask its operator whether it was changed, then correct host_keys.",
        ),
        CHECK,
    ),
    "account_refused": Matter(
        Label(fr="Le destinataire refuse notre compte.", en="The receiver does not let our account in."),
        Label(fr="Demandez à son exploitant quelle clé il connaît.", en="Ask its operator which key it knows."),
        CHECK,
    ),
    "folder_refused": Matter(
        Label(
            fr="Un des dossiers du destinataire manque, ou n’est pas à nous.",
            en="One of the receiver's folders is not there, or not ours to use.",
        ),
        Label(
            fr="Corrigez folder ou acknowledgements, ou voyez avec son exploitant.",
            en="Correct folder or acknowledgements, or settle it with its operator.",
        ),
        CHECK,
    ),
    **dict.fromkeys(("not_agreed", "redirected"), _AGREE),
    **dict.fromkeys(("not_prepared", "courier_broken", "courier_failed"), _OUR_DEFECT),
    "not_kept": Matter(
        Label(fr="Les clés d’une pharmacie sont indisponibles.", en="The keys of a pharmacy are unavailable."),
        Label(fr="Rétablissez le gardien de la clé racine.", en="Bring the keeper of the root key back."),
        KEYS,
    ),
    "mail_server_refused": Matter(
        Label(fr="Le serveur de messagerie refuse nos messages.", en="The mail server refuses our messages."),
        Label(fr="Vérifiez notre compte et notre adresse d’envoi.", en="Check our account and our sender's address."),
        CHECK,
    ),
    "message_refused": Matter(
        Label(
            fr="L’opérateur de messagerie sécurisée refuse le message.",
            en="The operator of the secure messaging refuses the message.",
        ),
        _ASK,
        LANES,
    ),
    "sms_no_credit": Matter(
        Label(
            fr="Le compte d’envoi de SMS n’a plus de crédit.", en="The account for text messages has no credit left."
        ),
        Label(fr="Rechargez-le chez le prestataire.", en="Top it up with the provider."),
        LANES,
    ),
    "sms_refused": Matter(
        Label(
            fr="Le prestataire d’envoi de SMS refuse le message.",
            en="The provider of text messages refuses the message.",
        ),
        Label(fr="Vérifiez l’expéditeur déclaré chez lui.", en="Check the sender that is registered with it."),
        CHECK,
    ),
    **dict.fromkeys(("no_mobile", "sms_number_refused", "sms_undelivered", "sms_blocked"), PHARMACYS),
    **dict.fromkeys(("processing_failed", "no_canton", "unknown_country", "not_withdrawable"), PHARMACYS),
    **dict.fromkeys(
        ("no_patient_postcode", "not_expressible", "not_notifiable", "other_laboratory", "identity"), PHARMACYS
    ),
    **dict.fromkeys(("waiting_for_the_hour", "demonstration", "no_address", "no_code", "way_not_wanted"), PHARMACYS),
    **dict.fromkeys(("recipient_refused", "address_unusable", "mail_refused", "mail_returned"), PHARMACYS),
    "row_refused": PHARMACYS,
    **dict.fromkeys(("secure_mailbox_refused", "no_secure_address", "returned", "not_filed"), PHARMACYS),
}


def matter_of(code: str, *, is_refused: bool) -> Matter:
    """Return what a code means to the operator; a refusal that it cannot know is the pharmacy's.

    A status of HTTP from 400 to 499 that is no refusal of the document speaks of our address, access or agreement.
    """
    if code in MATTERS:
        return MATTERS[code]
    if is_refused:
        return PHARMACYS
    return _AGREE if code.startswith("http_4") else OTHER
