"""Numbers typed on a command line: refused by name and range, before anything starts."""

from __future__ import annotations

import argparse

HIGHEST_PORT = 65535
MOST_PROCESSES = 64


def port_number(text: str) -> int:
    """Return a TCP port, 1 to 65535: port 0 would be another one at each start."""
    return within(text, 1, HIGHEST_PORT)


def count_of_processes(text: str) -> int:
    """Return how many processes to start, at least one."""
    return within(text, 1, MOST_PROCESSES)


def within(text: str, least: int, most: int) -> int:
    """Return a whole number of a range."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
    return number
