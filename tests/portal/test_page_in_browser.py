"""The patient's page in a real browser: it opens what Python sealed, and gives nothing else away."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from browsing import all_of, profile
from letters import LABELS, NAME, any_link, finding, sealed_bytes, sealed_under
from playwright.sync_api import Page, expect

from temoin.crypto.letter import ALPHABET, check_character, draw_code, draw_link, draw_salt, link_fragment

CODE = "7K2QF-XM04CP"
WRONG = "7K2QF-XM04DM"
SHOTS = Path(__file__).parents[2] / "artefacts" / "portal"

WRONG_CODE = "Ce n’est pas le code de ce courrier."


@pytest.fixture
def post(site):
    """Seal a payload, post it in the letter box and return the link."""

    def post_letter(code=CODE, *, salt=None, state="open", lasting=timedelta(days=7), **changes):
        link = draw_link(salt or draw_salt())
        site.post(sealed_under(link, code, sealed_bytes(**changes)), state=state, lasting=lasting)
        return f"{site.url}/#{link_fragment(link)}"

    return post_letter


def open_with(page: Page, link: str, code: str = CODE) -> None:
    page.goto(link)
    try_code(page, code)


def try_code(page: Page, code: str) -> None:
    page.locator("#code").fill(code)
    page.locator("#open").click()


def test_the_browser_opens_what_python_sealed(page, post):
    open_with(page, post())

    expect(page.locator("#result-title")).to_have_text("Votre test est positif : COVID-19", use_inner_text=True)
    expect(page.locator("#result-title")).to_be_focused()
    letter = page.locator("#letter").inner_text()
    for words in (
        NAME,
        "28 mars 1979",
        "Positif",
        "Négatif",
        "Indéterminé",
        "15 janvier 2026 à 14:05",
        "L2511A",
    ):
        assert words in letter
    for words in (
        "TriRapid Ag",
        "Essai Diagnostics",
        "Camille FONTAINE",
        "12 place du Marché",
        "ne remplace pas",
    ):
        assert words in letter
    assert "Positive" not in letter
    assert page.locator("#phone").get_attribute("href") == "tel:+33199001234"


@pytest.mark.parametrize("run", range(3))
def test_any_drawn_code_and_secret_agree_in_python_and_in_the_browser(page, post, run):
    code = draw_code()

    open_with(page, post(code, comment=f"essai {run}"), code)

    expect(page.locator("#letter")).to_contain_text(f"essai {run}")


@pytest.mark.parametrize("typed", ["7k2qfxm04cp", " 7K2QF - XMO4CP ", "7k2qf–xmo4cp"])
def test_the_code_is_understood_however_it_is_typed(page, post, typed):
    open_with(page, post(), typed)

    expect(page.locator("#result-title")).to_be_visible()


def test_the_code_is_grouped_while_it_is_typed_and_the_caret_stays_in_place(page, post):
    page.goto(post())
    field = page.locator("#code")

    field.press_sequentially("7k2qfxmo4")
    expect(field).to_have_value("7K2QF-XM04")
    for _ in range(7):
        field.press("ArrowLeft")
    field.press("Backspace")

    expect(field).to_have_value("7KQFX-M04")
    assert field.evaluate("field => field.selectionStart") == 2


def test_the_link_leaves_the_address_bar_and_the_history_at_once(page, post):
    link = post()

    page.goto(link)

    expect(page.locator("#code")).to_be_visible()
    assert page.url == link.split("#")[0]
    assert page.evaluate("history.length") <= 2
    assert link.split("#")[1] not in page.content()


def test_nothing_of_the_result_is_in_the_page_or_fetched_before_the_code(page, post, posts):
    page.goto(post())
    expect(page.locator("#code")).to_be_visible()

    for words in (
        NAME,
        "1979",
        "L2511A",
        "TriRapid",
        "FONTAINE",
        *(label["fr"] for label in LABELS.values()),
    ):
        assert words not in page.content()
    assert posts == []


def test_the_page_is_the_same_for_every_link(page, post):
    bodies = set()
    page.on("response", lambda answer: bodies.add(answer.body()) if answer.url.endswith("/") else None)

    for link in (post(), post(), post().split("#")[0] + "#" + "A" * 43, post().split("#")[0]):
        page.goto("about:blank")
        page.goto(link)
        page.wait_for_load_state("networkidle")

    assert len(bodies) == 1


def test_no_secret_and_no_code_is_sent(page, post):
    sent = []
    page.on("request", lambda request: sent.append((request.url, request.post_data or "", str(request.headers))))
    link = post()

    open_with(page, link)
    expect(page.locator("#result-title")).to_be_visible()

    everything = " ".join(part for request in sent for part in request)
    assert link.split("#")[1] not in everything
    assert not re.search("7K2QF-?XM04C", everything, re.IGNORECASE)
    posted = [json.loads(body) for _, body, _ in sent if body]
    assert [sorted(body) for body in posted] == [["auth", "lookup"]]
    assert "cookie" not in everything


def test_nothing_is_kept_in_the_browser(page, post):
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []
    assert page.evaluate("window.name") == ""


def test_five_wrong_codes_lock_the_link_for_the_right_code_too(page, post):
    page.goto(post())

    for told in (*(f"Essais restants : {left}." for left in (4, 3, 2, 1)), "Ce lien est bloqué"):
        try_code(page, draw_code())
        expect(page.locator("#status .problem")).to_contain_text(told)
    try_code(page, CODE)

    expect(page.locator("#status .problem")).to_contain_text("Appelez la pharmacie")
    expect(page.locator("#letter")).to_be_hidden()


def test_four_wrong_codes_do_not_lock_the_link(page, post):
    page.goto(post())

    for code in (draw_code(), draw_code(), draw_code(), WRONG, WRONG, WRONG):
        try_code(page, code)
        expect(page.locator("#status .problem")).to_contain_text(WRONG_CODE)
    try_code(page, CODE)

    expect(page.locator("#result-title")).to_be_visible()


def test_an_unknown_link_is_told_as_such(page, site):
    open_with(page, f"{site.url}/#{link_fragment(any_link())}")

    expect(page.locator("#status .problem")).to_contain_text("Ce lien ne mène à aucun courrier.")


def test_an_expired_link_says_whom_to_call(page, post):
    open_with(page, post(lasting=timedelta(seconds=-1)))

    expect(page.locator("#status .problem")).to_contain_text("Ce lien n’est plus valable. Appelez la pharmacie")


def test_a_replaced_letter_sends_to_the_newer_message_and_shows_nothing_else(page, post):
    open_with(page, post(state="withdrawn"))

    expect(page.locator("#status")).to_contain_text("Ouvrez le message le plus récent")
    expect(page.locator("#letter")).to_be_empty()


def test_one_code_opens_the_letter_and_the_one_that_corrects_it(page, post):
    salt = draw_salt()
    open_with(page, post(salt=salt, comment="le premier"))
    expect(page.locator("#letter")).to_contain_text("le premier")

    open_with(
        page, post(salt=salt, status="corrected", version=2, reason="Lecture inversée", before=[finding("negative")])
    )

    expect(page.locator("#letter")).to_contain_text("Résultat corrigé")
    expect(page.locator("#letter .notice").first).to_contain_text("SARS-CoV-2 (COVID-19) : Négatif")
    expect(page.locator("#letter .notice").first).to_contain_text("Motif : Lecture inversée", use_inner_text=True)


@pytest.mark.parametrize(
    "spoilt", ["#{}>", "#{}%20", "#{}%3E", "%23{}", "%23{}%3E", "#{}.", "#{} ", "#=\r\n{}", "#{}="]
)
def test_the_link_survives_what_mail_programs_do_to_it(page, post, spoilt):
    site_url, fragment = post().split("#")

    open_with(page, site_url + spoilt.format(fragment))

    expect(page.locator("#result-title")).to_be_visible()
    assert page.url == site_url


def test_a_line_cut_at_an_equals_sign_is_put_together(page, post):
    link = post()

    open_with(page, f"{link[:-9]}=%0D%0A{link[-9:]}")

    expect(page.locator("#result-title")).to_be_visible()


def test_a_link_cut_short_says_so(page, post):
    page.goto(post()[:-5])

    expect(page.locator("#status .problem")).to_contain_text("Il manque une partie du lien.")
    expect(page.locator("#ask")).to_be_hidden()


def test_the_qr_of_the_ticket_says_what_to_do_with_the_code(page, site, posts):
    page.goto(f"{site.url}/#code={CODE}")

    expect(page.locator("#ticket")).to_contain_text(CODE)
    expect(page.locator("#ticket")).to_contain_text("Vous allez recevoir un message")
    expect(page.locator("#closed")).to_be_hidden()
    assert page.url == f"{site.url}/"
    assert posts == []


def test_a_code_kept_on_the_device_is_filled_in_once(page, post):
    link = post()
    page.goto(f"{link.split('#')[0]}#code={CODE}")
    page.locator("#keep").click()
    expect(page.locator("#status")).to_contain_text("gardé sur cet appareil")

    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#code")).to_have_value(CODE)
    page.locator("#open").click()
    expect(page.locator("#result-title")).to_be_visible()

    assert page.evaluate("localStorage.length") == 0


def test_junk_instead_of_a_code_is_no_ticket(page, site):
    page.goto(f"{site.url}/#code=<b>x</b>")

    expect(page.locator("#ticket")).to_be_hidden()
    expect(page.locator("#closed")).to_be_visible()


def test_a_short_code_costs_no_try(page, post, posts):
    open_with(page, post(), "7K2QF-XM0")

    expect(page.locator("#status .problem")).to_contain_text("il en manque")
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    assert posts == []


@pytest.mark.parametrize(
    "typed", ["7K2QF-XM04CQ", "7K2QF-XM0C4P", "K72QF-XM04CP", "00000000000", "AAAAAAAAAAA", "TEST1234567"]
)
def test_a_slip_or_junk_is_told_on_the_page_and_costs_no_try(page, post, posts, typed):
    open_with(page, post(), typed)

    expect(page.locator("#status .problem")).to_contain_text("faute de frappe")
    expect(page.locator("#code")).to_have_attribute("aria-invalid", "true")
    assert posts == []


def test_page_and_server_judge_codes_alike(page, post, posts):
    page.goto(post())
    code = "7K2QFXM04C"

    for last in ALPHABET:
        try_code(page, code + last)
        words = "faute de frappe" if last != check_character(code) else "TROD"
        expect(page.locator("main")).to_contain_text(words)
        if last == check_character(code):
            page.click("#hide")
    assert len(posts) == 1


@pytest.mark.parametrize("fragment", ["", "#", "#short", "#AAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_without_a_whole_link_the_page_says_how_to_get_there(page, site, fragment):
    page.goto(site.url + "/" + fragment)

    expect(page.locator("#closed")).to_contain_text("lien que vous avez reçu")
    expect(page.locator("#ask")).to_be_hidden()


def test_a_reload_forgets_the_link_and_says_so(page, post):
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    page.reload()

    expect(page.locator("#closed")).to_contain_text("si vous avez rechargé la page")
    expect(page.locator("#letter")).to_be_empty()


def test_a_second_link_followed_in_the_same_tab_takes_over(page, post):
    open_with(page, post(comment="le premier"))
    expect(page.locator("#letter")).to_contain_text("le premier")

    second = post(comment="le second")
    page.evaluate("link => { location.href = link }", second)
    expect(page.locator("#letter")).to_be_hidden()
    assert "le premier" not in page.content()
    try_code(page, CODE)

    expect(page.locator("#letter")).to_contain_text("le second")


def test_a_full_stop_that_the_mail_program_took_into_the_link_does_no_harm(page, post):
    open_with(page, post() + ".")

    expect(page.locator("#result-title")).to_be_visible()


def test_hide_wipes_the_result_and_the_code_brings_it_back(page, post):
    open_with(page, post())

    page.locator("#hide").click()

    expect(page.locator("#status")).to_contain_text("Le résultat est masqué")
    expect(page.locator("#code")).to_be_focused()
    assert NAME not in page.content()
    try_code(page, CODE)
    expect(page.locator("#result-title")).to_be_visible()


def test_ten_idle_minutes_hide_the_result_after_a_warning(page, post):
    page.clock.install()
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    page.clock.fast_forward("09:10")
    expect(page.locator("#status")).to_contain_text("masqué dans une minute")
    page.clock.fast_forward("01:00")

    expect(page.locator("#letter")).to_be_hidden()
    assert NAME not in page.content()


def test_a_key_after_the_warning_keeps_the_result(page, post):
    page.clock.install()
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    page.clock.fast_forward("09:10")
    page.keyboard.press("Shift")
    expect(page.locator("#status")).to_be_empty()
    page.clock.fast_forward("09:00")

    expect(page.locator("#letter")).to_contain_text(NAME)


def test_leaving_the_page_wipes_it_for_the_back_button(page, post):
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    page.goto("about:blank")
    page.go_back()

    expect(page.locator("#closed")).to_be_visible()
    assert NAME not in page.content()


def test_english_is_one_choice_away_and_the_link_survives(page, post):
    page.goto(post())

    page.locator("#language").select_option("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_title("A letter from your pharmacy")
    try_code(page, WRONG)
    expect(page.locator("#status")).to_contain_text("This is not the code of this letter.", use_inner_text=True)
    try_code(page, CODE)

    expect(page.locator("#letter")).to_contain_text("Positive", use_inner_text=True)
    assert "Positif" not in page.locator("#letter").inner_text()
    assert "15 January 2026 at 14:05" in page.locator("#letter").inner_text()


def speaks(page, *languages: str) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ get: () => {list(languages)} }})")


@pytest.mark.parametrize(
    ("languages", "begins"),
    [(["en-US"], "en"), (["de", "en"], "en"), (["en", "fr"], "en"), (["fr-CA"], "fr"), (["de"], "fr"), (["uk"], "uk")],
)
def test_the_page_begins_and_goes_on_in_the_language_of_the_browser(page, post, languages, begins):
    speaks(page, *languages)
    link = post()
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", begins)

    try_code(page, CODE)

    expect(page.locator("#result-title")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", begins)


def test_the_language_asked_for_at_the_counter_turns_the_page_unless_the_person_chose_another(page, post):
    speaks(page, "de", "en")
    link = post(lang="ar")
    open_with(page, link)
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")

    page.locator("#hide").click()
    page.locator("#language").select_option("fr")
    try_code(page, CODE)

    expect(page.locator("#result-title")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-01-15T23:30:00-10:00", "15 janvier 2026 à 23:30"),
        ("2026-01-15T14:05:00.123456+04:00", "15 janvier 2026 à 14:05"),
        ("2026-07-15T12:05:00Z", "15 juillet 2026 à 14:05"),
        ("2026-01-15T12:05:00+00:00", "15 janvier 2026 à 13:05"),
    ],
)
def test_times_are_those_of_the_clock_on_the_pharmacy_wall(page, post, written, shown):
    open_with(page, post(sampled_at=written))

    expect(page.locator("#letter")).to_contain_text(shown, use_inner_text=True)


def test_a_corrected_result_says_what_it_replaces(page, post):
    open_with(page, post(status="corrected", version=2, signed_at="2026-01-16T09:00:00+01:00"))

    expect(page.locator("#letter")).to_contain_text("Résultat corrigé le 16 janvier 2026 à 09:00 (version 2)")
    expect(page.locator("#letter")).to_contain_text("remplace celui que vous aviez reçu")


def test_a_cancelled_result_shows_no_outcome(page, post):
    open_with(page, post(status="cancelled", version=2))

    expect(page.locator("#letter")).to_contain_text("Résultat annulé")
    assert "Positif" not in page.locator("#letter").inner_text()
    assert "Que faire" not in page.locator("#letter").inner_text()


def test_the_page_says_what_to_do_in_the_language_chosen(page, post):
    open_with(page, post(advice=["covid-positive-from-65"]))

    advice = page.locator("#advice")
    expect(advice).to_contain_text("Appelez votre médecin aujourd’hui", use_inner_text=True)
    expect(advice).to_contain_text("Appelez le 15 ou le 112", use_inner_text=True)
    assert advice.locator("dl").count() == 1
    page.locator("#language").select_option("en")
    expect(advice).to_contain_text("Call your doctor today", use_inner_text=True)


def test_advice_that_the_page_does_not_know_is_left_out(page, post):
    open_with(page, post(advice=["unheard-of", "general"]))

    expect(page.locator("#advice dl")).to_have_count(1)


def test_every_outcome_has_its_shape_and_its_words(page, post):
    outcomes = ["positive", "negative", "indeterminate", "unsatisfactory", "trace", "plus-2"]
    open_with(page, post(findings=[finding(outcome) for outcome in outcomes]))
    expect(page.locator("#result-title")).to_be_visible()

    assert page.locator(".symbol").all_inner_texts() == ["+", "−", "?", "!", "•", "+"]
    assert [text.strip() for text in page.locator(".headline strong").all_inner_texts()] == [
        LABELS[outcome]["fr"] for outcome in outcomes
    ]
    assert [page.locator(".finding").nth(n).locator(".meaning").count() for n in range(6)] == [1, 1, 1, 1, 0, 1]


def test_what_the_pharmacy_did_not_say_leaves_no_empty_title(page, post):
    bare = {"name": "Test", "manufacturer": "Essai", "reference": "R1", "lot": "", "expiry": None}
    open_with(
        page,
        post(device=bare, pharmacy={"name": "P", "phone": "", "address": []}),
    )
    expect(page.locator("#result-title")).to_be_visible()

    letter = page.locator("#letter").inner_text()
    assert "Lot" not in letter
    assert "Commentaire" not in letter
    assert page.locator("#phone").count() == 0


def test_markup_in_a_letter_is_shown_as_text(page, post):
    open_with(page, post(comment="<img src=x onerror=alert(1)>\nseconde ligne"))

    expect(page.locator("#letter")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#letter img").count() == 0


def test_a_demonstration_is_marked_on_the_letter(page, post):
    open_with(page, post(demo=True))

    expect(page.locator("#letter")).to_contain_text("DÉMONSTRATION : ceci n’est pas un vrai résultat")
    watermark = page.locator("#letter").evaluate("letter => getComputedStyle(letter, '::before').content")
    assert "DÉMONSTRATION" in watermark


def test_an_outage_is_told_apart_from_a_wrong_code(page, post):
    page.goto(post())
    page.route("**/letter", lambda route: route.abort())

    try_code(page, CODE)

    expect(page.locator("#status .problem")).to_contain_text("réessayez plus tard")


def test_asking_too_often_is_told_apart_from_a_wrong_code(page, post):
    page.goto(post())
    page.route("**/letter", lambda route: route.fulfill(status=429, body="too many requests"))

    try_code(page, CODE)

    expect(page.locator("#status .problem")).to_contain_text("Attendez une minute")


def test_without_script_the_page_sends_to_the_pharmacy(browser, post, proxy_headers):
    context = profile(browser, java_script_enabled=False, extra_http_headers=proxy_headers)
    page = context.new_page()

    page.goto(post())

    expect(page.locator("noscript [lang=fr] p")).to_contain_text("demandez votre résultat imprimé")
    expect(page.locator("noscript [lang=en] p")).to_contain_text("ask the pharmacy for your printed result")
    expect(page.locator("#ask")).to_be_hidden()
    context.close()


SIZES = {"320": (320, 640, 1), "1280": (1280, 900, 1), "zoom-200": (640, 450, 2)}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_letter_fits_the_screen_without_sideways_scrolling(browser, post, proxy_headers, name, scheme):
    width, height, scale = SIZES[name]
    view = {"width": width, "height": height}
    context = profile(
        browser, viewport=view, device_scale_factor=scale, color_scheme=scheme, extra_http_headers=proxy_headers
    )
    page = context.new_page()
    SHOTS.mkdir(parents=True, exist_ok=True)

    page.goto(post(status="corrected", version=2, comment="Second prélèvement."))
    expect(page.locator("#code")).to_be_visible()
    page.screenshot(path=SHOTS / f"code-{name}-{scheme}.png", full_page=True)
    try_code(page, WRONG)
    expect(page.locator("#status .problem")).to_be_in_viewport()
    page.screenshot(path=SHOTS / f"refused-{name}-{scheme}.png", full_page=True)
    try_code(page, CODE)
    expect(page.locator("#result-title")).to_be_visible()
    page.screenshot(path=SHOTS / f"letter-{name}-{scheme}.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in all_of(page, "button:visible, select:visible"):
        assert button.bounding_box()["height"] >= 44
    context.close()


def test_the_printed_letter_has_the_result_and_no_buttons(page, post):
    open_with(page, post())
    expect(page.locator("#result-title")).to_be_visible()

    page.emulate_media(media="print")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / "letter-print.png", full_page=True)

    expect(page.locator("#letter")).to_contain_text(NAME)
    expect(page.locator("#print")).to_be_hidden()
    expect(page.locator("#languages")).to_be_hidden()
