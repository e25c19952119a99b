"""What a demonstration tells the newcomer: addresses, accounts, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from temoin.cli.console import say
from temoin_demo.accounts_file import program_key_path
from temoin_demo.ports import Ports


def tell_demonstration(ports: Ports, demonstration: Mapping[str, Any], folder: Path, seconds: float) -> None:
    """Print everything needed to try Témoin."""
    say(f"\nReady in {seconds:.1f} s. All data is made up and reaches the sandbox only.\n")
    say(f"  Staff site        {ports.staff_url}")
    say(f"  Patients' site    {ports.url(ports.portal)}")
    say(f"  Authority's site  {ports.authority_url}   (how pharmacies do as senders)")
    say(f"  Sandbox           {ports.url(ports.sandbox)}   (the authority, and everyone's mailbox)\n")
    _tell_accounts(demonstration.get("accounts", []))
    _tell_what_to_try(ports, demonstration, folder)
    say(f"\nLogs: {folder / 'logs'}    Settings: {folder / 'temoin.toml'}")
    say("Ctrl-C stops everything.")


def _tell_accounts(accounts: list[Mapping[str, Any]]) -> None:
    say("Accounts")
    for account in accounts:
        who = ", ".join(str(account[key]) for key in ("name", "profession", "pharmacy") if account.get(key))
        say(f"  {account.get('email', '')}   {who}")
        say(f"      password {account.get('password', '')}   TOTP secret {account.get('totp_secret', '')}")


def _tell_what_to_try(ports: Ports, demonstration: Mapping[str, Any], folder: Path) -> None:
    data, key = quote(str(folder)), quote(str(program_key_path(folder)))
    say("\nWhat to try")
    say("  1. Sign in to the staff site as a pharmacist: e-mail, password, then the code of an authenticator")
    say("     application that holds the TOTP secret. Without one:")
    say(f"     temoin demo-code --data {data} E-MAIL")
    say("  2. Register a patient, record a test, sign it, and watch its parcels leave.")
    say("  3. See the document in the sandbox, and the message to the patient in its mailbox.")
    say("  4. Open the message's link, and type the code of the counter ticket.")
    say("  5. Correct the result: the authority and the patient get the new version.")
    say("  6. As a technician, hand a sampled test over to a pharmacist; as an owner, invite somebody.")
    say(f"  7. Check the journal against its witness: temoin journal verify --data {data}")
    if program := demonstration.get("program"):  # a folder of an earlier version has none
        say("  8. Hand in results by a program: its key, its client id and an example")
        say(f"     python examples/hand_in.py --staff {ports.staff_url} --key {key} \\")
        say(f"       --client-id {program['client_id']}")
    if posters := demonstration.get("posters"):
        say(f"  9. Take an appointment: {ports.url(ports.portal)}/appointments/#{posters[0]}")
    say(" 10. Look as a person of the authority does, with the code that this shows, on the authority's site:")
    say(f"     temoin officer invite --data {data} 'Alix Roy'")
