"""The profiles of files of results: one list, each with its columns and the names under which files know them.

Inside, every profile's columns bear the names of SimpleReport's, whatever the file calls them: one reading of a cell,
one way to tell what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.formats.csv.vocabulary import folded, words

OWN, SIMPLE_REPORT, PATIENTS = "temoin-results-1", "simplereport-bulk", "temoin-patients-1"


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A column of our own profile: its name here, in English and in French, and what its cells may hold."""

    name: str
    english: str
    french: str
    is_required: bool
    example: str
    holds: str  # for the integrator's page
    others: tuple[str, ...] = ()  # under which it is known besides


# The table: reading, template, mapping and the integrator's page are all made of it.
OWN_COLUMNS = (
    OwnColumn(
        *("accession_number", "result_number", "numero_resultat", True, "2026-000123"),
        "your number of the result: with the laboratory and the test it is the result's identity, for corrections too",
        ("accession_number", "numero de resultat", "n° resultat", "id resultat"),
    ),
    OwnColumn(
        *("test_result_status", "status", "statut", False, "F"),
        "`F` final, `C` correction, `X` cancelled, or their words; empty: final",
        ("etat",),
    ),
    OwnColumn(
        *("testing_lab_clia", "finess", "finess", True, "359999018"),
        "FINESS number of who made the test: the pharmacy itself, or a laboratory that its owner allowed",
        ("laboratory_finess", "finess_laboratoire", "numero finess"),
    ),
    OwnColumn(
        *("testing_lab_name", "laboratory_name", "nom_laboratoire", False, ""),
        "empty: the name under which the owner allowed it",
        ("laboratoire",),
    ),
    OwnColumn(
        *("testing_lab_zip_code", "laboratory_postcode", "code_postal_laboratoire", False, ""),
        "tells the clock of the laboratory's times; empty: that of the pharmacy",
    ),
    OwnColumn("testing_lab_city", "laboratory_city", "ville_laboratoire", False, "", "text"),
    OwnColumn("testing_lab_phone_number", "laboratory_phone", "telephone_laboratoire", False, "", "telephone number"),
    OwnColumn(
        *("patient_last_name", "birth_name", "nom_naissance", True, "DURAND"),
        "family name at birth",
        ("birth_family_name", "nom de famille", "nom_de_naissance"),
    ),
    OwnColumn(
        *("patient_first_name", "given_names", "prenoms", True, "Anne Marie"),
        "given names at birth",
        ("birth_given_names", "prenoms_naissance", "prenom"),
    ),
    OwnColumn(
        *("patient_dob", "birth_date", "date_naissance", True, "1979-03-28"),
        "ISO 8601 day",
        ("date_de_naissance", "ne_le", "nee_le", "ddn"),
    ),
    OwnColumn("patient_sex", "sex", "sexe", True, "F", "`F`, `M`, `U`, or their words"),
    OwnColumn(
        *("patient_phone_number", "phone", "telephone", False, "0199000000"),
        "telephone number; `+` and the country's number for one abroad",
        ("tel", "portable", "mobile"),
    ),
    OwnColumn("patient_email", "email", "e-mail", False, "", "e-mail address", ("courriel", "mail")),
    OwnColumn("patient_street", "street", "adresse", False, "12 rue du Port", "street and number", ("rue",)),
    OwnColumn("patient_zip_code", "postcode", "code_postal", False, "75011", "five digits in France", ("cp",)),
    OwnColumn("patient_city", "city", "ville", False, "Paris", "text", ("commune",)),
    OwnColumn(
        *("patient_country", "country", "pays", False, ""),
        "code of ISO 3166-1 or name; empty: France where a postcode or a city stands, else unknown",
    ),
    OwnColumn(
        *("equipment_model_name", "device", "dispositif", True, "Panbio COVID-19 Ag Rapid Test"),
        "name of a device of the catalogue",
        ("kit", "test_utilise"),
    ),
    OwnColumn(
        *("test_performed_code", "test_code", "code_test", True, "94558-4"),
        "LOINC code that this device can report",
        ("loinc", "code_loinc"),
    ),
    OwnColumn(
        *("test_result", "result", "resultat", True, "négatif"),
        "`positive`, `negative`, `indeterminate`, their words, or a SNOMED CT code; of a test that is measured, the "
        "number as the device shows it (comma or point, `<` or `>` before a limit), or `LO` or `HI`",
    ),
    OwnColumn(
        *("test_result_unit", "unit", "unite", False, ""),
        "of a test that is measured: the unit that the device shows; empty where it stands after the number",
        ("result_unit", "unite_resultat", "unites", "units"),
    ),
    OwnColumn(
        *("specimen_type", "specimen", "prelevement", True, "Prélèvement nasopharyngé"),
        "name or SNOMED CT code of a specimen of the catalogue",
        ("type_prelevement",),
    ),
    OwnColumn(
        *("specimen_collection_date", "sampled_at", "date_prelevement", True, "2026-11-02T09:30"),
        "ISO 8601 moment, with its offset or by the laboratory's clock; or a day",
        ("preleve_le", "date_de_prelevement"),
    ),
    OwnColumn(
        *("test_result_date", "read_at", "date_resultat", True, "2026-11-02T09:45"),
        "as before",
        ("lu_le", "rendu_le", "date_de_resultat"),
    ),
    OwnColumn(
        *("ordering_provider_id", "prescriber_number", "numero_prescripteur", False, ""),
        "RPPS number, or another",
        ("rpps", "rpps_prescripteur", "prescriber_rpps"),
    ),
    OwnColumn(
        *("ordering_provider_last_name", "prescriber_name", "nom_prescripteur", False, ""),
        "needed where another cell tells of a prescriber",
        ("prescripteur",),
    ),
    OwnColumn("ordering_provider_first_name", "prescriber_given_name", "prenom_prescripteur", False, "", "text"),
    OwnColumn("comment", "comment", "commentaire", False, "", "text, 1,000 characters at most", ("remarque",)),
)

PATIENT_COLUMNS = tuple(column for column in OWN_COLUMNS if column.name.startswith("patient_"))

# SimpleReport's bulk format. It also asks for patient_race and patient_ethnicity: they are neither asked for nor read
# here, since French law forbids to collect them.
REQUIRED_COLUMNS = (
    "patient_last_name",
    "patient_first_name",
    "patient_street",
    "patient_city",
    "patient_state",
    "patient_zip_code",
    "patient_county",
    "patient_phone_number",
    "patient_dob",
    "accession_number",
    "equipment_model_name",
    "test_performed_code",
    "test_result",
    "order_test_date",
    "test_result_date",
    "specimen_type",
    "ordering_provider_id",
    "ordering_provider_last_name",
    "ordering_provider_first_name",
    "ordering_provider_street",
    "ordering_provider_city",
    "ordering_provider_state",
    "ordering_provider_zip_code",
    "ordering_provider_phone_number",
    "testing_lab_clia",
    "testing_lab_name",
    "testing_lab_street",
    "testing_lab_city",
    "testing_lab_state",
    "testing_lab_zip_code",
)

OPTIONAL_COLUMNS = (
    "patient_id",
    "patient_middle_name",
    "patient_street2",
    "patient_email",
    "patient_country",
    "patient_preferred_language",
    "patient_sex",
    "patient_gender",
    "specimen_collection_date",
    "testing_lab_specimen_received_date",
    "date_result_released",
    "ordering_provider_middle_name",
    "ordering_provider_street2",
    "testing_lab_street2",
    "testing_lab_phone_number",
    "pregnant",
    "employed_in_healthcare",
    "symptomatic_for_disease",
    "illness_onset_date",
    "resident_congregate_setting",
    "residence_type",
    "hospitalized",
    "icu",
    "comment",
    "test_result_status",
)

# Every column that holds a day.
DATE_COLUMNS = (
    "patient_dob",
    "order_test_date",
    "specimen_collection_date",
    "testing_lab_specimen_received_date",
    "test_result_date",
    "date_result_released",
    "illness_onset_date",
)

# Columns that are checked, since the file is to be right, and of which no result keeps anything: a Report has no place
# for them. The sender's own numbers make the identity of a result, and are forgotten but for its keyed digest.
NOT_KEPT_COLUMNS = (
    "patient_id",
    "patient_preferred_language",
    "testing_lab_specimen_received_date",
    "date_result_released",
    "pregnant",
    "employed_in_healthcare",
    "symptomatic_for_disease",
    "illness_onset_date",
    "resident_congregate_setting",
    "residence_type",
    "hospitalized",
    "icu",
)


@dataclass(frozen=True, slots=True)
class FileProfile:
    """A set of columns that files may have."""

    code: str
    required: tuple[str, ...]
    known: frozenset[str]
    separators: str
    headings: Mapping[str, str]  # folded name of a file: our name

    def names(self, header: Iterable[str], said: Mapping[str, str] = MappingProxyType({})) -> list[str]:
        """Return our name of each column of a header, and the file's own where it is none of ours.

        A column under its proper name goes before another one; `said` is what a person told of headings.
        """
        written = [name.strip().lower() for name in header]
        found = [said.get(plain_heading(name)) or self._name(name, written) for name in header]
        return [name or own for name, own in zip(found, written, strict=True)]

    def _name(self, heading: str, written: list[str]) -> str:
        own = heading.strip().lower()
        if self.code == SIMPLE_REPORT:
            other = self.headings.get(own, "")
            return own if own in self.known or other in written else other
        return self.headings.get(plain_heading(heading), "")

    def lacks(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the required columns that are not among these, as a person writes them."""
        there = set(names)
        return tuple(self.word(name) for name in self.required if name not in there)

    def word(self, name: str) -> str:
        """Return how this profile writes a column."""
        return name if self.code == SIMPLE_REPORT else _OWN_WORDS.get(name, name)


def plain_heading(heading: str) -> str:
    """Return a heading as compared: case, accents, spaces, hyphens and underscores do not count."""
    return re.sub(r"[\s_\-.°]+", "_", folded(heading.replace("_", " "))).strip("_")


def own_word(english: str, lang: str) -> str:
    """Return how our own profile writes a column in a language; what is none of its columns stays."""
    return _FRENCH.get(english, english) if lang.lower().startswith("fr") else english


_FRENCH = {column.english: column.french for column in OWN_COLUMNS}
_OWN_WORDS = {column.name: column.english for column in OWN_COLUMNS}


def _profile_of_columns(code: str, columns: Sequence[OwnColumn]) -> FileProfile:
    return FileProfile(
        code=code,
        required=tuple(column.name for column in columns if column.is_required),
        known=frozenset(column.name for column in columns),
        separators=";,",
        headings=MappingProxyType(
            {
                plain_heading(word): column.name
                for column in columns
                for word in (column.english, column.french, *column.others)
            }
        ),
    )


@cache
def patients_profile() -> FileProfile:
    """Return the profile of a list of patients: the columns of our own that tell of the patient."""
    return _profile_of_columns(PATIENTS, PATIENT_COLUMNS)


@cache
def profiles() -> tuple[FileProfile, ...]:
    """Return the profiles: our own first, then SimpleReport's, whose columns may bear ReportStream's names."""
    return (
        _profile_of_columns(OWN, OWN_COLUMNS),
        FileProfile(
            code=SIMPLE_REPORT,
            required=REQUIRED_COLUMNS,
            known=frozenset(REQUIRED_COLUMNS + OPTIONAL_COLUMNS),
            separators=",",
            headings=words("columns"),
        ),
    )


def own_profile() -> FileProfile:
    return profiles()[0]


def separator_of(code: str) -> str:
    """Return the sign that parts the columns of what is written for a profile: the first of those that it takes."""
    return next((one.separators[0] for one in profiles() if one.code == code), own_profile().separators[0])


def profile_of(header: list[str]) -> FileProfile:
    """Return the profile that a header is of: the one of which it has the larger part; SimpleReport's in doubt."""
    own, simple = profiles()
    shares = {one.code: len(set(one.required) & set(one.names(header))) / len(one.required) for one in (own, simple)}
    return own if shares[OWN] > shares[SIMPLE_REPORT] else simple


def is_of_none(header: list[str]) -> bool:
    """Tell whether a header has no required column of any profile."""
    return not any(set(one.names(header)) & set(one.required) for one in profiles())
