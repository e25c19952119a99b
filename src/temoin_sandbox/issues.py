"""The reasons for which the authority refuses a document, by name, and the OperationOutcome that tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

RULE_SYSTEM = "urn:x-temoin:sandbox:rules"


class SandboxRule(NamedTuple):
    """One rule: its FHIR issue type and what it says in both languages."""

    kind: str
    french: str
    english: str


class Issue(NamedTuple):
    """One finding on one document; never holds a value of the document."""

    rule: str
    expression: str
    severity: str = "error"


RULES: dict[str, SandboxRule] = {
    # Requests
    "json-malformed": SandboxRule("structure", "Le corps n’est pas du JSON valide.", "The body is not valid JSON."),
    "resource-type": SandboxRule("structure", "La ressource attendue est un Bundle.", "The resource must be a Bundle."),
    "content-type": SandboxRule(
        "not-supported",
        "Le type de contenu doit être application/fhir+json.",
        "The content type must be application/fhir+json.",
    ),
    "accept": SandboxRule("not-supported", "Seul le format JSON est servi.", "Only JSON is served."),
    "search-parameter": SandboxRule(
        "not-supported",
        "Paramètre de recherche inconnu ou mal formé.",
        "Unknown or malformed search parameter.",
    ),
    "if-none-exist": SandboxRule(
        "not-supported",
        "If-None-Exist doit valoir identifier=<système>|<valeur>.",
        "If-None-Exist must be identifier=<system>|<value>.",
    ),
    "several-matches": SandboxRule(
        "multiple-matches", "Plusieurs documents portent déjà cet identifiant.", "Several documents match."
    ),
    "not-found": SandboxRule("not-found", "Ressource inconnue.", "Unknown resource."),
    "method": SandboxRule("not-supported", "Méthode non autorisée ici.", "Method not allowed here."),
    "too-large": SandboxRule("too-long", "Le document est trop volumineux.", "The document is too large."),
    "request": SandboxRule("processing", "La requête ne peut pas être traitée.", "The request cannot be handled."),
    "accepted": SandboxRule("informational", "Document accepté.", "Document accepted."),
    # Faults on demand
    "fault-down": SandboxRule("transient", "Panne simulée : service indisponible.", "Simulated fault: unavailable."),
    "fault-throttle": SandboxRule(
        "throttled", "Panne simulée : trop de requêtes.", "Simulated fault: too many requests."
    ),
    "fault-reject": SandboxRule(
        "business-rule", "Panne simulée : document refusé.", "Simulated fault: document refused."
    ),
    "fault-error": SandboxRule(
        "exception", "Panne simulée : erreur après l’enregistrement.", "Simulated fault: error after storing."
    ),
    "fault-error-before": SandboxRule(
        "exception", "Panne simulée : erreur, rien n’est enregistré.", "Simulated fault: error, nothing stored."
    ),
    "fault-inside": SandboxRule(
        "exception", "Panne simulée : erreur dans un 200.", "Simulated fault: error inside a 200."
    ),
    # JSON and Bundle
    "json-empty": SandboxRule("structure", "Valeur nulle ou vide interdite.", "Null and empty values are not allowed."),
    "json-deep": SandboxRule("structure", "Imbrication trop profonde.", "Nested too deeply."),
    "bundle-type": SandboxRule("value", "Bundle.type doit être document.", "Bundle.type must be document."),
    "bundle-profile": SandboxRule(
        "value", "Le profil Bundle-eu-lab n’est pas annoncé.", "The Bundle-eu-lab profile is not claimed."
    ),
    "bundle-identifier": SandboxRule(
        "required",
        "Bundle.identifier (système et valeur) est obligatoire.",
        "Bundle.identifier (system and value) is required.",
    ),
    "bundle-identifier-mismatch": SandboxRule(
        "invariant",
        "Bundle.identifier diffère de l’en-tête If-None-Exist.",
        "Bundle.identifier differs from the If-None-Exist header.",
    ),
    "bundle-timestamp": SandboxRule(
        "required",
        "Bundle.timestamp (instant avec fuseau) est obligatoire.",
        "Bundle.timestamp (an instant with its zone) is required.",
    ),
    "bundle-search-parts": SandboxRule(
        "invariant",
        "Un document ne porte ni total, ni liens, ni requêtes.",
        "A document has no total, link, search, request or response.",
    ),
    "date-format": SandboxRule("value", "Date ou heure mal formée.", "Malformed date or time."),
    "date-future": SandboxRule("business-rule", "Cette date est dans le futur.", "This date is in the future."),
    "entry-resource": SandboxRule("required", "Entrée sans ressource.", "Entry without a resource."),
    "full-url": SandboxRule("value", "fullUrl doit être de la forme urn:uuid:.", "fullUrl must be a urn:uuid."),
    "full-url-unique": SandboxRule("invariant", "fullUrl en double.", "Duplicate fullUrl."),
    "reference-unresolved": SandboxRule(
        "not-found", "Référence introuvable dans le document.", "Reference not found inside the document."
    ),
    "narrative": SandboxRule("structure", "Texte narratif non conforme.", "Narrative is not conformant."),
    # Composition
    "composition-first": SandboxRule(
        "invariant", "La première entrée doit être la Composition.", "The first entry must be the Composition."
    ),
    "composition-one": SandboxRule("invariant", "Exactement une Composition.", "Exactly one Composition."),
    "composition-status": SandboxRule("value", "Statut de Composition non admis.", "Composition.status not accepted."),
    "composition-identifier": SandboxRule(
        "required", "Composition.identifier est obligatoire.", "Composition.identifier is required."
    ),
    "composition-type": SandboxRule(
        "required", "Composition.type : code LOINC obligatoire.", "Composition.type needs a LOINC code."
    ),
    "composition-date": SandboxRule("required", "Composition.date est obligatoire.", "Composition.date is required."),
    "composition-author": SandboxRule(
        "required", "Composition.author est obligatoire.", "Composition.author is required."
    ),
    "composition-title": SandboxRule(
        "required", "Composition.title est obligatoire.", "Composition.title is required."
    ),
    "composition-section": SandboxRule(
        "required", "Composition.section avec entrées est obligatoire.", "A section with entries is required."
    ),
    "composition-report": SandboxRule(
        "required",
        "L’extension diagnosticReport de la Composition doit désigner le DiagnosticReport.",
        "The Composition's diagnosticReport extension must name the DiagnosticReport.",
    ),
    "amended-without-former": SandboxRule(
        "required",
        "Une version corrigée doit nommer celle qu’elle remplace (relatesTo replaces).",
        "An amended document must name the one it replaces (relatesTo replaces).",
    ),
    "former-itself": SandboxRule(
        "invariant", "Un document ne peut se remplacer lui-même.", "A document cannot replace itself."
    ),
    "former-unknown": SandboxRule(
        "not-found", "Le document remplacé n’est pas encore connu.", "The replaced document is not known yet."
    ),
    "status-inconsistent": SandboxRule(
        "invariant",
        "Les statuts de la Composition et du DiagnosticReport se contredisent.",
        "The statuses of Composition and DiagnosticReport contradict each other.",
    ),
    # DiagnosticReport
    "report-one": SandboxRule("invariant", "Exactement un DiagnosticReport.", "Exactly one DiagnosticReport."),
    "report-status": SandboxRule(
        "value", "Statut de DiagnosticReport non admis.", "DiagnosticReport.status not accepted."
    ),
    "report-type": SandboxRule(
        "invariant",
        "DiagnosticReport.code et Composition.type n’ont aucun code commun.",
        "DiagnosticReport.code and Composition.type share no code.",
    ),
    "report-category": SandboxRule(
        "invariant",
        "DiagnosticReport.category et Composition.category n’ont aucun code commun.",
        "DiagnosticReport.category and Composition.category share no code.",
    ),
    "report-identifier": SandboxRule(
        "invariant",
        "DiagnosticReport.identifier ne reprend pas Composition.identifier.",
        "DiagnosticReport.identifier does not repeat Composition.identifier.",
    ),
    "subject": SandboxRule(
        "invariant", "Le sujet n’est pas le patient du document.", "The subject is not the document's patient."
    ),
    # People, places, things
    "patient-one": SandboxRule("invariant", "Exactement un Patient.", "Exactly one Patient."),
    "patient-identifier": SandboxRule(
        "required", "Patient.identifier (système et valeur) manque.", "Patient.identifier is required."
    ),
    "patient-ins": SandboxRule("value", "Matricule INS : forme ou clé fausse.", "INS number: wrong form or key."),
    "patient-ins-unqualified": SandboxRule(
        "business-rule",
        "Matricule INS transmis avec une identité non qualifiée.",
        "INS number sent with an identity that is not qualified.",
    ),
    "patient-name": SandboxRule(
        "required", "Patient.name : nom et prénom obligatoires.", "Patient.name needs a family and a given name."
    ),
    "patient-gender": SandboxRule("required", "Patient.gender manque.", "Patient.gender is required."),
    "patient-birth-date": SandboxRule("required", "Patient.birthDate manque.", "Patient.birthDate is required."),
    "practitioner-name": SandboxRule(
        "required", "Nom du professionnel manquant.", "The practitioner's name is missing."
    ),
    "practitioner-identifier": SandboxRule(
        "value", "IdNat_PS ou RPPS mal formé.", "Malformed IdNat_PS or RPPS number."
    ),
    "practitioner-unidentified": SandboxRule(
        "incomplete", "Professionnel sans numéro national.", "Practitioner without a national number."
    ),
    "organization-finess": SandboxRule(
        "required",
        "Aucune organisation avec un FINESS ou un IdNat_Struct valide.",
        "No organisation with a valid FINESS or IdNat_Struct.",
    ),
    "organization-unidentified": SandboxRule(
        "incomplete", "Organisation sans numéro national.", "Organisation without a national number."
    ),
    "check-digit": SandboxRule("value", "La clé de contrôle ne correspond pas.", "The check digit does not match."),
    "device-missing": SandboxRule("required", "Dispositif de test manquant.", "The test device is missing."),
    "device-identity": SandboxRule(
        "required",
        "Dispositif : IUD, ou fabricant avec lot ou référence.",
        "Device: UDI, or manufacturer with lot or reference.",
    ),
    "specimen-missing": SandboxRule("required", "Prélèvement manquant.", "The specimen is missing."),
    "specimen-type": SandboxRule(
        "required", "Specimen.type : code SNOMED CT obligatoire.", "Specimen.type needs a SNOMED CT code."
    ),
    # Observation
    "observation-missing": SandboxRule("required", "Aucune Observation.", "No Observation."),
    "observation-orphan": SandboxRule(
        "invariant", "Observation absente du compte rendu.", "Observation not named by the report."
    ),
    "observation-status": SandboxRule("value", "Statut d’Observation non admis.", "Observation.status not accepted."),
    "observation-category": SandboxRule(
        "required", "Observation.category laboratory manque.", "Observation.category laboratory is required."
    ),
    "observation-code": SandboxRule(
        "code-invalid", "Observation.code : code LOINC valide obligatoire.", "A valid LOINC code is required."
    ),
    "observation-effective": SandboxRule(
        "required", "Observation.effective manque.", "Observation.effective is required."
    ),
    "observation-performer": SandboxRule(
        "required", "Observation.performer manque.", "Observation.performer is required."
    ),
    "observation-value": SandboxRule(
        "code-invalid",
        "Résultat absent ou hors du jeu de valeurs.",
        "The value is missing or outside the value set.",
    ),
    "observation-device": SandboxRule(
        "incomplete", "Observation sans lien vers le dispositif.", "Observation without a link to the device."
    ),
}


def is_refused(issues: Iterable[Issue]) -> bool:
    """Tell whether one of the issues is an error; warnings let a document pass."""
    return any(issue.severity == "error" for issue in issues)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Tell the issues as FHIR does: French in `details`, English in `diagnostics`."""
    return {"resourceType": "OperationOutcome", "issue": [_told(issue) for issue in issues]}


def _told(issue: Issue) -> dict[str, Any]:
    rule = RULES[issue.rule]
    told: dict[str, Any] = {
        "severity": issue.severity,
        "code": rule.kind,
        "details": {"coding": [{"system": RULE_SYSTEM, "code": issue.rule}], "text": rule.french},
        "diagnostics": rule.english,
    }
    if issue.expression:
        told["expression"] = [issue.expression]
    return told
