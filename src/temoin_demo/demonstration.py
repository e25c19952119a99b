"""Loads the demonstration: two pharmacies, their people, stock, forty patients, and results in every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from temoin.lib.clock import now
from temoin_demo.patients import COUNT, invent_patients
from temoin_demo.people import Account, open_teams
from temoin_demo.program import DemoProgram, let_in_program
from temoin_demo.stories import STORIES, DemoLetter, Teller, suited


@dataclass(frozen=True)
class Demonstration:
    """What a newcomer, or a drill, needs to try Témoin. It holds passwords: see `accounts_file`."""

    accounts: tuple[Account, ...]
    letters: tuple[DemoLetter, ...]
    program: DemoProgram
    posters: tuple[str, ...]  # the codes of the pages that take appointments


def load_demonstration(progress: Callable[[str], None]) -> Demonstration:
    """Fill an empty database, through the same actions as the pages, and return the accounts that were made."""
    present = now()
    teams, accounts = open_teams()
    progress(f"{len(teams)} pharmacies, {len(accounts)} people")
    patients = invent_patients()
    share = COUNT * 3 // 5
    letters: list[DemoLetter] = []
    programs: list[DemoProgram] = []
    posters: list[str] = []
    for team, near, stories in zip(teams, (patients[:share], patients[share:]), STORIES, strict=True):
        program, seat = let_in_program(team)
        programs.append(program)
        teller = Teller(team, present, seat)
        teller.stock()
        known = teller.welcome(near)
        for story, patient_id, traits in suited(stories, known):
            teller.tell(story, patient_id, traits)
        teller.read_shelf()
        teller.recall()
        posters.append(teller.open_calendar())
        letters += teller.letters
        progress(f"{team.pharmacy.name}: {len(known)} patients, {len(stories)} tests")
    return Demonstration(tuple(accounts), tuple(letters), programs[0], tuple(posters))
