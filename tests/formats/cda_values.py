"""Codes that a BIO-TROD 2024.01 document may hold, in the words of the national value sets."""

LOINC, SNOMED, ICD10 = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.3"
# JDV_ResultatDepistage_CISIS (1.2.250.1.213.1.1.5.761).
RESULTS = {
    "10828004": "positif",
    "260385009": "négatif",
    "373068000": "indéterminé(e)",
    "125154007": "échantillon insatisfaisant pour l’évaluation",
}
DISEASES = ("U07.1", "J02.0", "J09", "J10", "N30", "B97.4", "Z13.1")
TESTS = ("94558-4", "80382-5", "80383-3", "78012-2", "5799-2", "5802-4", "72885-7", "41653-7", "14743-9")
# Of JDV_J01_XdsAuthorSpecialty_CISIS, revision of 13 December 2024: those of a pharmacy.
PROFESSIONS = {
    "G15_21": "Pharmacien",
    "G15_21/A": "Pharmacien titulaire d'officine",
    "G15_21/D": "Pharmacien adjoint, remplaçant ou gérant",
    "G15_21/DA": "Pharmacien adjoint",
    "G15_21/DM": "Pharmacien mutualiste ou minier",
    "G15_39": "Préparateur en pharmacie (officine)",
    "G16_21": "Pharmacien en formation",
    "G15_60": "Infirmier",
}
# JDV_J04_XdsPracticeSettingCode_CISIS and JDV_J47_FunctionCode_CISIS, by their code systems.
PRACTICES = ["DEPISTAGE", "AMBULATOIRE", "ETABLISSEMENT", "AMO", "HAD", "MAD", "SAD", "PALLIATIF", "SAMU_SMUR"]
FUNCTIONS = {
    "2.16.840.1.113883.5.88": ("PCP", "ADMPHYS", "ATTPHYS", "DISPHYS"),
    "1.2.250.1.213.1.1.4.2.280": ("CORRE", "PRELV", "ES-REF", "ES-PREF"),
    "1.2.250.1.213.1.6.1.107": ("330", "353"),
}
# Codes in the words of their value sets: J02, J04, J142, J143 and confidentiality of the CI-SIS.
WORDS = {
    ("1.2.250.1.71.4.2.4", "SA33"): "Pharmacie d'officine",
    ("1.2.250.1.213.1.1.4.9", "DEPISTAGE"): "Dépistage",
    ("2.16.840.1.113883.5.4", "AMB"): "Ambulatoire (hors établissement)",
    ("2.16.840.1.113883.5.1", "F"): "Féminin",
    ("2.16.840.1.113883.5.1", "M"): "Masculin",
    ("2.16.840.1.113883.5.1", "UN"): "Inconnu",
    ("2.16.840.1.113883.5.25", "N"): "Normal",
}
TITLES = ["DR", "MC", "MG", "PC", "PG", "PR"]
