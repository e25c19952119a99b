"""What a result costs the hand at the counter: gestures, keystrokes, pages and seconds, in the real pages.

    python bench/counter.py [--known-gestures 3] [--known-within 10] [--pressed-gestures 4] [--pressed-within 15]
                            [--walk-in-gestures 6] [--walk-in-within 45] [--series-gestures 4] [--series-within 20]
                            [--rounds 3] [--slow]

A real Chromium drives the real site with the delays of a hand: so long to look at a new page, to bring the pointer to
a button and press it, and to strike a key (the figures of the keystroke-level model of Card, Moran and Newell, 1980;
with `--slow` those of a gloved hand). Three roads, each up to the signature:

* known: the patient is found by the beginning of a name, sampled and, once the kit can be read, signed in the row, all
  by keyboard;
* pressed: the same with the pointer once the name is typed;
* walk-in: the identity card is scanned, and the patient registered with the test. The kit is the open box, whose lot is
  chosen already: it is compared, not scanned.

**What counts as a gesture**: a press of the pointer, a document held under the scanner, and each Enter. What is typed
between them counts as keystrokes, and so does the digit that chooses a result: it opens the review by itself and
records nothing. The focus is never put anywhere by the script: where a page does not lead it to the row, the press that
it takes is counted. The known road is thus: the name and Enter; Enter (*Sampled now*, which attests the consent and
prints the ticket); the digit, a look at the review, and Enter (the signature). The pointer needs one more: it has no
digit.

What is nobody's time here: the reading window (the result is entered for tests sampled a quarter of an hour before) and
the browser's dialog of printing, which a counter switches off (`--kiosk-printing`).

A fourth road, series, is told per person of a group: ten people are sampled, each by a scan of their label, a look and
Enter; ten others, sampled a quarter of an hour before, are read, each by a scan, a look at the cassette and a digit;
then their results are reviewed and signed at once.

Then a second screen of the counter is watched while a result is signed: the list is told by a stream.

Each road is judged by the most gestures of its rounds and the median of its seconds. The last line is the largest share
of what is allowed: 1 or less passes, anything else ends with 1.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from playwright.sync_api import Locator, Page, sync_playwright
from site_under_load import prepare_group, prepare_patients, prepare_tests, sign_in, staff_site

CHROMIUM = "/usr/bin/chromium"
# Lines of a former French identity card, of an invented person.
CARD = "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<8806923102858CORINNE<<<<<<<6512068F6"
PATIENCE = 30.0  # seconds
PEOPLE = 10  # of a group
SCANNED_AT = 0.005  # seconds a character: a scanner is no hand


@dataclass(frozen=True)
class Pace:
    """The seconds of a hand."""

    look: float  # to take a new page in
    point: float  # to bring the pointer to a button and press it
    key: float


USUAL, SLOW = Pace(look=1.2, point=1.1, key=0.2), Pace(look=1.35, point=1.5, key=0.28)


@dataclass
class Cost:
    """What one road took."""

    gestures: int = 0
    keys: int = 0
    pages: int = 0
    seconds: float = 0.0


class Hand:
    """Works in a page as a person does, and counts."""

    def __init__(self, page: Page, pace: Pace) -> None:
        self.page, self.pace, self.cost = page, pace, Cost()
        page.on("framenavigated", self._count)

    def road(self, walk: Callable[[], None]) -> Cost:
        """Walk a road and return its cost."""
        self.cost = Cost()
        began = time.monotonic()
        walk()
        self.cost.seconds = time.monotonic() - began
        return self.cost

    def look(self) -> None:
        """Take in what the page shows now."""
        self.page.wait_for_load_state("load")
        time.sleep(self.pace.look)

    def press(self, button: Locator) -> None:
        """Bring the pointer to a button, and press it."""
        self.cost.gestures += 1
        time.sleep(self.pace.point)
        button.click()

    def type(self, text: str) -> None:
        """Strike keys where the focus is."""
        self.cost.keys += len(text)
        self.page.keyboard.type(text, delay=self.pace.key * 1000)

    def scan(self, text: str) -> None:
        """Hold a document under the scanner: one gesture, many characters, Enter."""
        self.cost.gestures += 1
        time.sleep(self.pace.point)
        self.page.keyboard.type(text, delay=SCANNED_AT * 1000)
        self.page.keyboard.press("Enter")

    def send(self) -> None:
        """Press Enter."""
        self.cost.gestures += 1
        self.cost.keys += 1
        time.sleep(self.pace.key)
        self.page.keyboard.press("Enter")

    def _count(self, frame: object) -> None:
        self.cost.pages += frame == self.page.main_frame


def known_patient(hand: Hand, name: str) -> None:
    """Find and sample by Enter; enter the result in the row that has the focus, and sign."""
    _find(hand, name)
    hand.look()
    hand.page.locator("[data-after-look]:focus").wait_for()
    hand.send()
    _wait_for_sample(hand)
    sign_next(hand)


def known_pressed(hand: Hand, name: str) -> None:
    """Find by name, then press: the patient's button, the result, the signature."""
    _find(hand, name)
    hand.look()
    hand.press(hand.page.get_by_role("button", name="Prélevé maintenant"))
    _wait_for_sample(hand)
    hand.look()
    hand.press(hand.page.locator("[data-review]:visible input[type=radio]").first)
    button = hand.page.locator("dialog[open] .button.main")
    button.wait_for()
    hand.look()
    hand.press(button)
    hand.page.locator(".messages", has_text="signé").wait_for()


def _find(hand: Hand, name: str) -> None:
    hand.look()
    hand.type(name)
    hand.send()
    hand.page.get_by_role("heading", name="1 patient trouvé").wait_for()


def walk_in(hand: Hand) -> None:
    """Scan the identity card, register with the test, and later enter the result in the row and sign."""
    page = hand.page
    hand.look()
    hand.scan(CARD)
    page.locator("button:focus", has_text="Créer un nouveau patient").wait_for()
    hand.look()
    hand.send()
    page.locator("[name=email]").wait_for()
    hand.look()
    if page.locator("[name=birth_given_names]").input_value() == "":
        raise RuntimeError("the scan filled nothing in")
    hand.press(page.locator("[name=email]"))
    hand.type("corinne@exemple.fr")
    test = page.locator("#field-kind input[value=covid19-ag]")
    if not test.is_checked():
        hand.press(test)
    hand.press(page.locator("[name=consent]"))
    hand.press(page.get_by_role("button", name="Enregistrer, prélevé maintenant"))
    _wait_for_sample(hand)
    sign_next(hand)


def _wait_for_sample(hand: Hand) -> None:
    hand.page.locator("#list-running tr.is-new").wait_for()


def sign_next(hand: Hand) -> None:
    """Enter the result of the first test that can be read, in its row, and sign it."""
    page = hand.page
    hand.look()
    if page.locator("[data-review] input[type=radio]:focus").count():
        hand.type("1")
    else:  # the page led nobody there: the press that it takes is a gesture
        hand.press(page.locator("[data-review]:visible input[type=radio]").first)
    page.locator("dialog[open]").wait_for()
    hand.look()
    page.locator("dialog[open] .button.main:focus").wait_for()
    hand.send()
    page.locator(".messages", has_text="signé").wait_for()


def series_sampled(hand: Hand, numbers: list[str]) -> None:
    """Sample everybody of a group, as they come: the label, a look at the row, Enter."""
    for number in numbers:
        hand.scan(f"T{number}")
        hand.page.locator(f"#row-{number} button:focus").wait_for()
        hand.look()
        hand.send()
        hand.page.locator(f"#row-{number}.is-new").wait_for()


def series_read(hand: Hand, numbers: list[str]) -> None:
    """Enter everybody's result by the label on the cassette, then review and sign them together."""
    page = hand.page
    for number in numbers:
        hand.scan(f"T{number}")
        page.locator(f"#row-{number} input[type=radio]:focus").wait_for()
        hand.look()
        hand.type("1")
    hand.send()
    hand.look()
    hand.press(page.locator(".tally .button.main"))
    page.locator("input[name=take]:checked").first.wait_for()
    hand.look()
    hand.press(page.get_by_role("button", name="Signer ce qui est coché"))
    page.locator(".messages", has_text="signés").wait_for()


def per_person(costs: list[Cost]) -> Cost:
    """Return what one person of a group cost: gestures are rounded up."""
    total = [sum(getattr(cost, name) for cost in costs) for name in ("gestures", "keys", "pages", "seconds")]
    gestures, keys, pages, seconds = (one / PEOPLE for one in total)
    return Cost(math.ceil(gestures), math.ceil(keys), math.ceil(pages), seconds)


def told_live(hand: Hand, watcher: Page) -> float:
    """Sign a result; return the seconds until another screen of the counter shows it, told by its stream."""
    watcher.locator("#list-running tbody tr").first.wait_for()
    count = watcher.locator("#list-running tbody tr").count()
    hand.road(partial(sign_next, hand))  # a road of its own: it counts for no other
    began = time.monotonic()
    while watcher.locator("#list-running tbody tr").count() == count and time.monotonic() - began < PATIENCE:
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass(frozen=True)
class Aim:
    """What a road may cost."""

    gestures: int
    seconds: float


def tell(name: str, costs: list[Cost], aim: Aim) -> float:
    """Print a road's figures; return the larger share of what it may cost."""
    seconds = statistics.median(cost.seconds for cost in costs)
    gestures = max(cost.gestures for cost in costs)
    last = costs[-1]
    print(
        f"{name:8} {gestures:3} gestures (aim {aim.gestures}) {last.keys:4} keystrokes {last.pages:3} pages "
        f"{seconds:6.1f} s (aim {aim.seconds:.0f} s)",
        flush=True,
    )
    return max(seconds / aim.seconds, gestures / aim.gestures)


NAMES = ("DELMAS", "FERRAND", "GAUTHIER", "HUMBERT", "JOUBERT", "KERVELLA", "LAMBERT", "NOBLET", "PASQUIER", "ROUSSEL")


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    with staff_site(workers=2) as site:
        # before the browser's driver, whose loop the ORM refuses
        prepare_tests(site.folder, 2 * options.rounds + 3)
        prepare_patients(NAMES[: 2 * options.rounds])
        groups = [prepare_group(name, PEOPLE, is_sampled=name == "LUS") for name in ("VENUS", "LUS")]
        cookies = sign_in(site.port).cookies
        known, pressed, walked, series, live = _walk(f"http://localhost:{site.port}", cookies, options, groups)
    shares = [
        tell("known", known, Aim(options.known_gestures, options.known_within)),
        tell("pressed", pressed, Aim(options.pressed_gestures, options.pressed_within)),
        tell("walk-in", walked, Aim(options.walk_in_gestures, options.walk_in_within)),
        tell("series", [per_person(series)], Aim(options.series_gestures, options.series_within)),
    ]
    print(f"another screen shows a colleague's signature after {live:.1f} s")
    print(f"{max(shares):.2f}")
    return 0 if max(shares) <= 1 else 1


def _walk(
    address: str, cookies: dict[str, str], options: argparse.Namespace, groups: list[tuple[str, list[str]]]
) -> tuple[list[Cost], list[Cost], list[Cost], list[Cost], float]:
    """Walk each road at a workstation that has one kind of test in stock."""
    names = [f"{name[:4].lower()} alb" for name in NAMES[: 2 * options.rounds]]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(locale="fr-FR", viewport={"width": 1366, "height": 768})
        context.add_init_script("window.print = () => {}")
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        hand = Hand(context.new_page(), SLOW if options.slow else USUAL)
        series = []
        for road, (group, numbers) in zip((series_sampled, series_read), groups, strict=True):
            hand.page.goto(f"{address}/groups/{group}/")
            series.append(hand.road(partial(road, hand, numbers)))
        hand.page.goto(address)
        known = [hand.road(partial(known_patient, hand, name)) for name in names[::2]]
        pressed = [hand.road(partial(known_pressed, hand, name)) for name in names[1::2]]
        walked = [hand.road(partial(walk_in, hand))]
        watcher = context.new_page()
        watcher.goto(address)
        live = told_live(hand, watcher)
        browser.close()
    return known, pressed, walked, series, live


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for road, gestures, seconds in (
        ("known", 3, 10.0),
        ("pressed", 4, 15.0),
        ("walk-in", 6, 45.0),
        ("series", 4, 20.0),
    ):
        parser.add_argument(f"--{road}-gestures", type=int, default=gestures, help=f"gestures of the road {road}")
        parser.add_argument(f"--{road}-within", type=float, default=seconds, help=f"seconds of the road {road}")
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, len(NAMES) // 2 + 1))
    parser.add_argument("--slow", action="store_true", help="the delays of a gloved hand")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
