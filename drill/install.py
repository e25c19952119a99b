"""From a bare Debian to the first acknowledged result, by the package, as docs/install.md says; then upgrade and purge.

    sudo python drill/install.py [--suite trixie|bookworm] [--package FILE] [--root FOLDER] [--at-most 5]

The commands and files are those of the page, read from it. systemd runs in no chroot: where the page starts units, the
drill starts what the installed units say, with their account, credentials, cache and check. A sandbox stands in for the
authority and the mail server, an authority of its own for that of the certificates, and the machine's own names for
those of the page. Debian 12 has no PostgreSQL 17: there, the package is installed, replaced and purged.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bare_root import BareRoot, wait_for
from first_result import Owner
from trouble import ask_sandbox

TOP = Path(__file__).resolve().parents[1]
PAGE = TOP / "docs/install.md"
BLOCK = re.compile(r"^```(sh|toml|nginx)\n(?:# (added to|saved as) (/\S+)\n)?(.*?)^```", re.MULTILINE | re.DOTALL)
STAFF, PORTAL = "temoin.example.fr", "resultat.example.fr"
SANDBOX = "http://127.0.0.1:8090"
# What the page names, and what stands in for it here.
STANDS_IN = {
    "https://fhir.authority.example.fr/fhir": f"{SANDBOX}/fhir",
    "--mail-host smtp.example.fr": "--mail-host 127.0.0.1 --mail-port 8025 --mail-security none",
}
NEWER = "newer.deb"
NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="trixie", choices=["trixie", "bookworm"])
    parser.add_argument("--package", type=Path, help="one that was built before (default: of the last commit)")
    parser.add_argument("--root", type=Path, help="a bare root to copy (default: debootstrap makes one)")
    parser.add_argument("--at-most", type=int, default=5, help="commands of Témoin's")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        return drill(options)
    with tempfile.TemporaryDirectory(prefix="temoin-install-") as name:
        folder = Path(name)
        package = options.package or build_package(options.suite, folder / "package")
        repack(package, folder / "newer")
        # Its own mounts and processes: they end with it, so that nothing is mounted when the folder is removed.
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", sys.executable, *sys.argv]
        return subprocess.run([*apart, "--inside", folder, "--package", package], check=False).returncode


def build_package(suite: str, into: Path) -> Path:
    command = [sys.executable, TOP / "tools/build_package.py", "--suite", suite, "--into", into]
    subprocess.run(command, check=True)
    return next(into.glob("*.deb"))


def repack(package: Path, folder: Path) -> None:
    """Make a newer package of the same files."""
    folder.mkdir()
    subprocess.run(["dpkg-deb", "-R", package, folder / "tree"], check=True)
    control = folder / "tree/DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+next", control.read_text("utf-8"), flags=re.M), encoding="utf-8")
    subprocess.run(
        ["dpkg-deb", "-Zgzip", "-z1", "-b", folder / "tree", folder / NEWER], check=True, stdout=subprocess.DEVNULL
    )


def drill(options: argparse.Namespace) -> int:
    """Install, go the whole way where the suite has the database, replace the package, and purge it."""
    root = BareRoot(options.inside / "root")
    root.folder.mkdir()
    root.make(options.suite, options.root)
    for file in (options.package, options.inside / "newer" / NEWER):
        shutil.copy(file, root.folder / "root")
    typed: Counter[str] = Counter()
    if options.suite == "trixie":
        typed = follow_page(root)
    else:
        root.run(f"apt-get install --yes --no-install-recommends ./{options.package.name}")
        judge_files(root)
        init = next(text for *_, text in BLOCK.findall(PAGE.read_text("utf-8")) if text.startswith("temoin init"))
        root.run(init.partition("|")[0])  # what the purge must leave; its SQL is for another machine
    replace_and_purge(root)
    print(
        f"commands: {typed['Témoin']} of Témoin's and {typed['proxy']} of the proxy's; files by hand: {typed['file']}"
    )
    return 0 if typed["Témoin"] <= options.at_most else 1


def follow_page(root: BareRoot) -> Counter[str]:
    """Do what the page says, then sign a result as the owner; return how many commands and files it took."""
    typed, shown = Counter[str](), ""
    install, *blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    type_in(root, install[3], typed)  # with the network, for Debian's packages
    judge_files(root)
    leave_network(root)
    with sandbox():
        for kind, verb, place, text in blocks:
            if kind == "sh":
                shown = type_in(root, text, typed)
            else:
                save(root, verb, place, text)
                typed["file" if kind == "toml" else "file of the proxy"] += 1
        code = re.search(r"code +(\S+)", shown)
        authority = root.folder / "root/authority.pem"
        owner = Owner(STAFF, authority)
        owner.enter(code[1] if code else "")
        test = owner.sign_a_result()
        wait_for(lambda: state_of_parcel(root) == "accepted", "the authority's acknowledgement")
        wait_for(lambda: ask_sandbox(f"{SANDBOX}/stats")["mails"] > 0, "the patient's message")
        held = ask_sandbox(f"{SANDBOX}/stats")
        print(f"acknowledged: {test}; the authority holds {held['stored']}, the patient's mailbox {held['mails']}")
    return typed


def judge_files(root: BareRoot) -> None:
    """Have Debian's own Caddy and Prometheus read the files that were installed for them."""
    root.run("apt-get install --yes --no-install-recommends caddy prometheus")
    root.run("caddy validate --adapter caddyfile --config /usr/share/temoin/caddy/Caddyfile")
    rules = root.run("promtool check rules /usr/share/temoin/prometheus/temoin-alerts.yml").split("SUCCESS: ")[1]
    print(f"(Caddy takes its file; Prometheus its alarms: {rules.strip()})")


def type_in(root: BareRoot, text: str, typed: Counter[str]) -> str:
    """Type the command of a block, with what stands in; systemctl's work is done by the drill."""
    command = text.strip()
    for written, meant in STANDS_IN.items():
        command = command.replace(written, meant)
    print(f"# {command}")
    typed["proxy" if "nginx" in command.split() and "systemctl" in command else "Témoin"] += 1
    if command == "systemctl enable --now temoin.target":
        root.run("systemctl enable temoin.target")
        print("  (no systemd here: started as the units say:", f"{', '.join(root.start_target('temoin.target'))})")
        return ""
    if command == "systemctl restart nginx":
        root.run("nginx -t -q && nginx")
        return ""
    return root.run(command)


def save(root: BareRoot, verb: str, place: str, text: str) -> None:
    for written, meant in STANDS_IN.items():
        text = text.replace(written, meant)
    print(f"# {verb} {place}: {len(text.splitlines())} lines")
    with (root.folder / place[1:]).open("a" if verb == "added to" else "w", encoding="utf-8") as file:
        file.write(f"\n{text}")


def leave_network(root: BareRoot) -> None:
    """Go into a network of the drill's own, give the names of the page to it, and start what systemd would have."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (root.folder / "etc/hosts").write_text(f"127.0.0.1 localhost {STAFF} {PORTAL}\n", encoding="ascii")
    root.run("pg_ctlcluster 17 main start")
    certify(root)


def certify(root: BareRoot) -> None:
    """Make the certificates that a public authority would have given for both names."""
    root.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=exercise -keyout authority.key -out authority.pem"
    )
    for name in (STAFF, PORTAL):
        folder = f"/etc/letsencrypt/live/{name}"
        root.run(
            f"mkdir -p {folder} && openssl req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {folder}/privkey.pem "
            f"-addext subjectAltName=DNS:{name} -out request.pem && openssl x509 -req -in request.pem "
            f"-copy_extensions copy -CA authority.pem -CAkey authority.key -days 2 -out {folder}/fullchain.pem"
        )


@contextmanager
def sandbox() -> Iterator[None]:
    """Run the stand-in authority and mailbox."""
    words = [sys.executable, "-m", "temoin.cli.main", "sandbox", "--port", "8090", "--smtp-port", "8025"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is not None:
                process.stdout.readline()
            yield
        finally:
            process.terminate()


def state_of_parcel(root: BareRoot) -> str:
    sql = "select string_agg(state, ',') from outbox_parcel where destination = 'fhir'"
    return root.run(f'su postgres -c "psql -At -d temoin -c \\"{sql}\\""').strip()


def replace_and_purge(root: BareRoot) -> None:
    """Install a newer package over it, start anew on the same tables, and take it away: what is the site's stays."""
    running, before = bool(root.running), kept(root)
    root.run(f"apt-get install --yes --no-install-recommends ./{NEWER}")
    if any(process.poll() is not None for process in root.running.values()):
        raise RuntimeError("the new package ended a process of the old one")
    if running:
        root.stop_all()
        root.run("temoin migrate")
        print("replaced:", ", ".join(root.start_target("temoin.target")), "started again")
        root.stop_all()
    root.run("apt-get purge --yes temoin")
    gone = ("opt/temoin", "usr/bin/temoin", "etc/systemd/system/multi-user.target.wants/temoin.target")
    if found := [place for place in gone if os.path.lexists(root.folder / place)]:
        raise RuntimeError(f"left after the purge: {found}")
    if lost := before.items() - kept(root).items():
        raise RuntimeError(f"lost by the purge: {lost}")
    print(f"purged: {len(before)} files of settings, keys, checkpoints and ledger are as they were")


def kept(root: BareRoot) -> dict[str, str]:
    """Return the hashes of what no purge may take; checkpoints grow by new files alone."""
    files = [path for place in ("etc/temoin", "var/lib/temoin") for path in (root.folder / place).rglob("*")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


if __name__ == "__main__":
    sys.exit(main())
