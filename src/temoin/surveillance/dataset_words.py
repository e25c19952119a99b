"""What the tables, columns and closed words of published figures are called, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.label import Label


@dataclass(frozen=True)
class Column:
    """A column's type in the descriptor, and its name for people."""

    type: str
    words: Label


def _text(fr: str, en: str) -> Column:
    return Column("string", Label(fr=fr, en=en))


def _number(fr: str, en: str) -> Column:
    return Column("number", Label(fr=fr, en=en))


COLUMNS = {
    "period": Column("date", Label(fr="Jour, ou lundi de la semaine", en="Day, or Monday of the week")),
    "revision": Column("integer", Label(fr="Numéro de la publication", en="Number of the publication")),
    "published": Column("date", Label(fr="Publié le", en="Published on")),
    "count": Column("integer", Label(fr="Nombre, avec bruit", en="Count, with noise")),
    "inhabitants": Column("integer", Label(fr="Habitants", en="Inhabitants")),
    "per_100000": _number("Positifs pour 100 000 habitants", "Positive per 100,000 inhabitants"),
    "tests": Column("integer", Label(fr="Tests concluants, avec bruit", en="Conclusive tests, with noise")),
    "percent": _number("Positivité, en pour cent", "Positivity, in percent"),
    "low": _number("Intervalle à 95 %, borne basse", "Interval of 95 %, lower end"),
    "high": _number("Intervalle à 95 %, borne haute", "Interval of 95 %, upper end"),
    "department": _text("Département du domicile, vide si inconnu", "Département of the home, empty if not known"),
    "age": _text("Âge", "Age"),
    "sex": _text("Sexe", "Sex"),
    "kind": _text("Test", "Test"),
    "target": _text("Cible", "Target"),
    "outcome": _text("Résultat", "Outcome"),
    "reason": _text("Motif, vide si aucun n’a été dit", "Reason, empty if none was told"),
    "reference": _text("Référence du kit", "Reference of the kit"),
    "lot": _text("Lot", "Lot"),
    "delay": _text("Du prélèvement à la signature", "From the sample to the signature"),
    "days_late": _text("Jours du prélèvement à la signature", "Days from the sample to the signature"),
    "status": _text("Version qui vaut", "Version that stands"),
    "receipt": _text("De la signature à l’accusé de réception", "From the signature to the receipt"),
    "sender": _text("Officines", "Pharmacies"),
    "table": _text("Fichier", "File"),
    "pharmacies": Column("integer", Label(fr="Officines qui manquent", en="Pharmacies that are missing")),
}
TABLE_WORDS = {
    "days": Label(fr="Résultats par jour de prélèvement", en="Results by day of sample"),
    "targets": Label(fr="Résultats par jour de prélèvement, tous tests", en="Results by day of sample, all tests"),
    "departments": Label(fr="Résultats par semaine et département", en="Results by week and département"),
    "areas": Label(
        fr="Résultats par semaine et département, tous tests", en="Results by week and département, all tests"
    ),
    "homes": Label(fr="Résultats par semaine et département, en tout", en="Results by week and département, in all"),
    "sexes": Label(fr="Résultats par semaine et sexe, en tout", en="Results by week and sex, in all"),
    "motives": Label(fr="Résultats par semaine et motif du test, en tout", en="Results by week and reason, in all"),
    "incidence": Label(fr="Incidence par semaine et département", en="Incidence by week and département"),
    "positivity": Label(fr="Positivité par semaine et département", en="Positivity by week and département"),
    "ages": Label(fr="Résultats par semaine, âge et sexe", en="Results by week, age and sex"),
    "reasons": Label(fr="Résultats par semaine et motif du test", en="Results by week and reason of the test"),
    "lots": Label(fr="Résultats par semaine et lot de kits", en="Results by week and lot of kits"),
    "delays": Label(fr="Délais du prélèvement à la signature", en="Delays from the sample to the signature"),
    "lateness": Label(fr="Retards des résultats", en="How late results came"),
    "statuses": Label(fr="Corrections et annulations", en="Corrections and cancellations"),
    "receipts": Label(
        fr="Délais de la signature à l’accusé de réception", en="Delays from the signature to the receipt"
    ),
    "incomplete": Label(fr="Publications incomplètes", en="Incomplete publications"),
    "senders": Label(fr="Officines qui ont signé, et silencieuses", en="Pharmacies that signed, and silent ones"),
}
# Words that stand in several columns mean the same in each; those of outcomes are the catalogue's.
VALUES = {
    "unclear": Label(fr="non concluant", en="inconclusive"),
    "F": Label(fr="femme", en="female"),
    "M": Label(fr="homme", en="male"),
    "U": Label(fr="non connu", en="not known"),
    "symptoms": Label(fr="symptômes", en="symptoms"),
    "contact": Label(fr="contact", en="contact"),
    "prescription": Label(fr="ordonnance", en="prescription"),
    "": Label(fr="non dit", en="not told"),
    "under-30-minutes": Label(fr="moins de 30 minutes", en="under 30 minutes"),
    "30-to-60-minutes": Label(fr="30 à 60 minutes", en="30 to 60 minutes"),
    "1-to-4-hours": Label(fr="1 à 4 heures", en="1 to 4 hours"),
    "4-to-24-hours": Label(fr="4 à 24 heures", en="4 to 24 hours"),
    "over-24-hours": Label(fr="plus de 24 heures", en="over 24 hours"),
    "under-5-minutes": Label(fr="moins de 5 minutes", en="under 5 minutes"),
    "5-to-60-minutes": Label(fr="5 à 60 minutes", en="5 to 60 minutes"),
    "1-to-24-hours": Label(fr="1 à 24 heures", en="1 to 24 hours"),
    "not-yet": Label(fr="pas encore", en="not yet"),
    "0": Label(fr="le jour même", en="the same day"),
    "1": Label(fr="le lendemain", en="the next day"),
    "2-3": Label(fr="2 à 3 jours", en="2 to 3 days"),
    "4-7": Label(fr="4 à 7 jours", en="4 to 7 days"),
    "8-28": Label(fr="plus tard", en="later"),
    "final": Label(fr="première version", en="first version"),
    "corrected": Label(fr="corrigée", en="corrected"),
    "cancelled": Label(fr="annulée", en="cancelled"),
    "sent": Label(fr="ont signé au moins un résultat", en="signed at least one result"),
    "silent": Label(fr="n’ont rien envoyé", en="sent nothing"),
}
