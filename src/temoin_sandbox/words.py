"""The words of the sandbox's pages, French first."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Autorité de démonstration", "Demonstration authority"),
    "banner": ("Démonstration – autorité fictive", "Demonstration – fictitious authority"),
    "skip": ("Aller au contenu", "Skip to content"),
    "documents": ("Documents", "Documents"),
    "mailbox": ("Boîte aux lettres", "Mailbox"),
    "conformance": ("Conformité", "Conformance"),
    "conformance_why": (
        "Essayez votre propre point d’accès avec nos documents : patients inventés, marqués comme essais.",
        "Try your own endpoint with our documents: invented patients, marked as tests.",
    ),
    "conformance_cases": (
        "Les cas, ce qu’ils attendent et les documents envoyés sont publiés dans la documentation :",
        "The cases, what they expect and the documents they send are published in the documentation:",
    ),
    "other_language": ("English", "Français"),
    "memory": (
        "Tout est gardé en mémoire seulement : rien n’est écrit sur disque, l’arrêt efface tout.",
        "Everything is kept in memory only: nothing is written to disk, stopping erases it all.",
    ),
    "refresh_on": ("Actualiser toutes les 5 secondes", "Refresh every 5 seconds"),
    "refresh_off": ("Arrêter l’actualisation", "Stop refreshing"),
    "refresh_now": ("Actualiser", "Refresh"),
    "counters": ("Compteurs", "Counters"),
    "stored": ("Documents gardés", "Documents kept"),
    "keys": ("Identifiants distincts", "Distinct identifiers"),
    "posts": ("Envois reçus", "Posts received"),
    "duplicates": ("Doublons écartés", "Duplicates suppressed"),
    "differing": ("dont contenu différent", "of which other content"),
    "refused": ("Envois refusés", "Posts refused"),
    "throttled": ("Envois freinés (429)", "Posts throttled (429)"),
    "mails": ("E-mails reçus", "E-mails received"),
    "received": ("Reçu le", "Received"),
    "kind": ("Test", "Test"),
    "outcome": ("Résultat", "Outcome"),
    "tested_on": ("Date du test", "Test date"),
    "pharmacy": ("FINESS", "FINESS"),
    "version": ("Version", "Version"),
    "status": ("État", "State"),
    "key": ("Identifiant", "Identifier"),
    "warnings": ("Avertissements", "Warnings"),
    "details": ("Détail", "Details"),
    "final": ("Définitif", "Final"),
    "amended": ("Corrigé", "Amended"),
    "entered-in-error": ("Annulé", "Withdrawn"),
    "cancelled": ("Annulé", "Cancelled"),
    "replaced": ("Remplacé", "Replaced"),
    "replaces": ("Remplace", "Replaces"),
    "replaced_by": ("Remplacé par", "Replaced by"),
    "none": ("Aucun document reçu pour l’instant.", "No document received yet."),
    "no_mail": ("Aucun e-mail reçu pour l’instant.", "No e-mail received yet."),
    "older": ("Plus anciens", "Older"),
    "newer": ("Plus récents", "Newer"),
    "pseudonymous": (
        "Liste sans nom : l’identité n’apparaît que dans le détail d’un document.",
        "List without names: the identity appears only in the details of a document.",
    ),
    "full_content": (
        "Contenu complet du document, identité comprise (données de démonstration).",
        "Full content of the document, identity included (demonstration data).",
    ),
    "back": ("Retour à la liste", "Back to the list"),
    "faults": ("Pannes à la demande", "Faults on demand"),
    "faults_on": ("Des pannes sont actives.", "Faults are active."),
    "faults_none": ("Aucune panne active.", "No active fault."),
    "apply": ("Appliquer", "Apply"),
    "all_off": ("Tout rétablir", "Restore everything"),
    "fired": ("déclenchée", "fired"),
    "yes": ("Oui", "Yes"),
    "no": ("Non", "No"),
    "down": ("Service en panne", "Service down"),
    "down.off": ("Non", "No"),
    "down.503": ("Oui : répond 503", "Yes: answers 503"),
    "down.close": ("Oui : coupe la connexion", "Yes: cuts the connection"),
    "slow": ("Lenteur (secondes par requête)", "Slow (seconds per request)"),
    "trickle": (
        "Réponse au compte-gouttes (secondes par octet)",
        "Answer trickling (seconds per byte)",
    ),
    "redirect": ("HTTP : renvoie vers un autre hôte", "HTTP: sends to another host"),
    "redirect.off": ("Non", "No"),
    "redirect.301": ("Oui : 301", "Yes: 301"),
    "redirect.307": ("Oui : 307", "Yes: 307"),
    "certificate": ("TLS : certificat montré", "TLS: certificate shown"),
    "certificate.right": ("Le bon", "The right one"),
    "certificate.wrong-host": ("Celui d’un autre hôte", "That of another host"),
    "certificate.expired": ("Expiré", "Expired"),
    "inner_error": (
        "200 ou AA avec une erreur dedans, sans enregistrer (taux)",
        "200 or AA with an error inside, nothing stored (rate)",
    ),
    "error_before_store": (
        "Erreur 500 avant l’enregistrement (taux)",
        "Error 500 before storing (rate)",
    ),
    "error_after_store": (
        "Erreur 500 après l’enregistrement (taux de 0 à 1)",
        "Error 500 after storing (rate 0 to 1)",
    ),
    "drop_answer": ("Réponse perdue après l’enregistrement (taux)", "Answer lost after storing (rate)"),
    "reject": ("Refus 422 (taux)", "Refusal 422 (rate)"),
    "reject_every": ("Refus 422 d’un envoi sur N (0 : jamais)", "Refusal 422 of one post in N (0: never)"),
    "throttle": ("Trop de requêtes 429 (taux)", "Too many requests 429 (rate)"),
    "other_answer": ("Réponse pour un autre message (taux)", "Answer for another message (rate)"),
    "half_answer": ("Réponse coupée au milieu (taux)", "Answer cut in the middle (rate)"),
    "double_answer": ("Réponse donnée deux fois (taux)", "Answer given twice (rate)"),
    "bounce": (
        "MSSanté : message pris puis retourné par un avis (taux)",
        "MSSanté: message taken, then returned by a notice (rate)",
    ),
    "retry_after": ("Retry-After (secondes)", "Retry-After (seconds)"),
    "mail_down": ("Messagerie en panne (421)", "Mail server down (421)"),
    "mail_reject_recipient": (
        "Refuser les adresses commençant par « refuse » (550)",
        "Refuse addresses that start with “refuse” (550)",
    ),
    "seed": ("Graine du hasard", "Seed of the dice"),
    "to": ("À", "To"),
    "subject": ("Objet", "Subject"),
    "no_subject": ("(sans objet)", "(no subject)"),
    "not_found": ("Page introuvable", "Page not found"),
    "method": ("Méthode non autorisée", "Method not allowed"),
    "bad_request": ("Demande incorrecte", "Bad request"),
    "fault_error": ("Réglage de panne inconnu ou hors limites :", "Fault setting unknown or out of range:"),
    "cross_site": ("Demande venue d’un autre site", "Request from another site"),
}

LANGUAGES = ("fr", "en")


def word(language: str, name: str) -> str:
    return WORDS[name][LANGUAGES.index(language)]


def word_or(language: str, name: str, default: str) -> str:
    """Return a word for a value that came from outside, or the value itself."""
    return word(language, name) if name in WORDS else default
