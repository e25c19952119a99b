"""Countries as people write them: what one country bears is understood, what several bear is told, never guessed."""

from __future__ import annotations

import pycountry
import pytest

from temoin.lib.countries import FRENCH_POSTCODES, countries_named, country_names, is_country
from temoin.lib.data_file import read_data
from temoin.lib.names import plain_name

EVERYDAY = read_data("lib", "countries.toml")
NAMES, SHARED = EVERYDAY.lists("names"), EVERYDAY.lists("shared")

WRITTEN = {
    "REU": ["La Réunion", "la reunion", "Réunion", "Ile de la Réunion", "REU", "re"],
    "GUF": ["Guyane", "La Guyane", "Guyane française", "GUYANE FRANCAISE"],
    "MTQ": ["Martinique", "La Martinique"],
    "GLP": ["Guadeloupe", "la Guadeloupe"],
    "MYT": ["Mayotte"],
    "NCL": ["Nouvelle-Calédonie", "Nouvelle Caledonie", "La Nouvelle-Calédonie"],
    "PYF": ["Polynésie française", "Polynesie Francaise", "Tahiti"],
    "WLF": ["Wallis", "Wallis et Futuna", "Wallis-et-Futuna"],
    "BLM": ["Saint-Barthélemy", "St Barth"],
    "SPM": ["Saint-Pierre-et-Miquelon", "St-Pierre et Miquelon"],
    "MAF": ["Saint-Martin (partie française)"],
    "SXM": ["Sint Maarten", "St Martin (partie néerlandaise)"],
    "ATF": ["TAAF", "T.A.A.F.", "Terres australes et antarctiques françaises", "Terres australes françaises"],
    "FRA": ["France", "La France", "Corse", "France métropolitaine"],
    "GBR": ["Angleterre", "Royaume Uni", "Le Royaume-Uni", "Grande Bretagne", "UK", "U.K.", "Écosse"],
    "USA": ["Etats-Unis", "États-Unis", "Les Etats Unis d’Amérique", "USA", "U.S.A.", "US"],
    "NLD": ["Hollande", "Pays Bas", "Les Pays-Bas", "The Netherlands"],
    "TUR": ["Turquie", "Türkiye", "Turkiye", "Turkey"],
    "MKD": ["Macédoine", "Macédoine du Nord", "North Macedonia"],
    "COD": ["Congo-Kinshasa", "Congo (Kinshasa)", "RDC", "R.D.C.", "République démocratique du Congo", "Zaïre"],
    "COG": ["Congo-Brazzaville", "République du Congo"],
    "KOR": ["Corée du Sud", "République de Corée", "South Korea"],
    "PRK": ["Corée du Nord"],
    "MMR": ["Birmanie", "Myanmar"],
    "CIV": [f"Côte d{mark}Ivoire" for mark in "'’‘‛`´′＇ʼʹꞌ "] + ["COTE D IVOIRE", "La Côte d'Ivoire"],
    "MUS": ["Ile Maurice", "Île Maurice", "L'Île Maurice", "Maurice"],
    "CPV": ["Cap-Vert", "Cap Vert", "Le Cap-Vert", "Cabo Verde"],
    "SWZ": ["Swaziland", "Eswatini"],
    "BLR": ["Biélorussie", "Bélarus"],
    "CZE": ["Tchéquie", "La Tchéquie", "République tchèque"],
    "RUS": ["Russie", "La Russie", "Fédération de Russie"],
    "CAF": ["Centrafrique", "République centrafricaine"],
    "GUY": ["Guyana"],
}


@pytest.mark.parametrize("code", WRITTEN)
def test_a_country_is_understood_as_people_write_it(code: str):
    assert {name: countries_named(name) for name in WRITTEN[code]} == dict.fromkeys(WRITTEN[code], (code,))


def test_every_code_and_every_name_on_screen_is_understood_with_an_article_too():
    for language in ("fr", "en"):
        for code, name in country_names(language).items():
            assert countries_named(name) == countries_named(f" les {name.upper()} ")
            assert countries_named(name) == ((code,) if (language, code) != ("en", "COG") else SHARED["Congo"])
    for country in pycountry.countries:
        codes = (country.alpha_2, country.alpha_3.lower(), country.numeric)
        assert {countries_named(code) for code in codes} == {(country.alpha_3,)}
    assert all(countries_named(name) for name in FRENCH_POSTCODES)


def test_every_everyday_name_is_one_country_and_every_shared_one_tells_all_of_them():
    told = [(name, (code,)) for code, names in NAMES.items() for name in names] + list(SHARED.items())

    assert {name: countries_named(name) for name, _ in told} == dict(told)
    assert len({plain_name(name) for name, _ in told}) == len(told)
    assert all(len(codes) > 1 and all(map(is_country, codes)) for codes in SHARED.values())


@pytest.mark.parametrize(
    "name", ["Congo", "Le Congo", "Corée", "la Coree", "Saint-Martin", "St Martin", "Iles Vierges"]
)
def test_what_several_bear_is_given_to_none_of_them(name: str):
    assert len(countries_named(name)) == 2


@pytest.mark.parametrize("name", ["", " ", "XX", "Atlantis", "99", "l'", "Outre-mer", "☃"])
def test_what_is_no_country_is_none(name: str):
    assert countries_named(name) == ()
