"""How long each part of a message may be, and what becomes of a text that is longer.

The lengths are those of HL7 2.5.1 (chapter 2A; MSH-10 and EI as the ELR guide widens them). Receivers hold us to them:
HAPI refuses a whole message for an IS of more than 200 characters, strict ones for one letter too many. A text is
measured as it is written, escapes included, and cut between two letters; an address, number or code is left out, for
half of one is another one. Our own identifiers (UUIDs) are whole everywhere.
"""

from __future__ import annotations

from typing import Final


class Whole(int):
    """The length of a value that is worth nothing, or is wrong, when cut."""


Part = int | str  # a length, or the type of what is nested there
ANY: Final = 65536  # of FT; also what no receiver measures: our own identifiers and words of ours
DOCUMENT: Final = 1 << 40  # base 64

TYPES: Final[dict[str, tuple[Part, ...]]] = {
    "HD": (20, Whole(199), 6),
    "EI": (Whole(199), 20, Whole(199), 6),
    "FN": (50,),
    "SAD": (120,),
    "CX": (Whole(199), 1, 3, "HD", 5),
    # The name of a coding system is one: half of "expandedYes-NoIndicator" is none, and the envelope asks for that one.
    "CE": (Whole(20), 199, Whole(199), Whole(20), 199, Whole(199)),
    "CWE": (Whole(20), 199, Whole(199), Whole(20), 199, Whole(199), 10, 10, 199),
    "XPN": ("FN", 30, 30, 20, 20, 6, 1),
    "XAD": ("SAD", 120, 50, 50, Whole(12), 3, 3, 50, 20),
    "XTN": (Whole(199), 3, 8, Whole(199), 3, 5, 9, 5, 199, 4, 6, Whole(199)),
    "XON": (50, 20, 4, 1, 3, "HD", 5, "HD", 1, Whole(199)),
    "XCN": (Whole(199), "FN", 30, 30, 20, 20, 5, 4, "HD", 1, 1, 3, 5),
    # The identity of a person is compared letter by letter in France (INS): the envelope keeps 100 letters of a name.
    "INS": (100, 100, 100, 20, 20, 6, 1),
    "DT": (Whole(8),),
    "NM": (Whole(16),),
    "SN": (Whole(2), Whole(15), Whole(1), Whole(15)),
    "ED": ("HD", 9, 18, 6, DOCUMENT),
    "EIP": ("EI", "EI"),
    "NTE": (ANY,),
}

FIELDS: Final[dict[str, dict[int, str]]] = {
    "MSH": {3: "HD", 4: "HD", 5: "HD", 6: "HD", 10: "EI", 21: "EI"},
    "SFT": {1: "XON"},
    "PID": {3: "CX", 5: "XPN", 11: "XAD", 13: "XTN"},
    "ORC": {2: "EI", 3: "EI", 12: "XCN", 14: "XTN", 21: "XON", 22: "XAD", 23: "XTN", 24: "XAD"},
    "OBR": {2: "EI", 3: "EI", 4: "CWE", 16: "XCN", 17: "XTN", 31: "CWE"},
    "NTE": {3: "NTE", 4: "CE"},
    "OBX": {3: "CWE", 6: "CWE", 8: "CWE", 16: "XCN", 17: "CWE", 18: "EI", 23: "XON", 24: "XAD", 25: "XCN"},
    "SPM": {2: "EIP", 4: "CWE"},
    "PRT": {4: "CWE", 5: "XCN", 8: "XON", 15: "XTN"},
}
ENVELOPE: Final = FIELDS | {"PID": FIELDS["PID"] | {5: "INS"}}
