"""A bare Debian in a folder: commands in it, and its units started without systemd, which runs in no chroot."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

UNITS = Path("usr/lib/systemd/system")
PATIENCE = 90.0  # seconds until a process says that it is ready
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class BareRoot:
    """A folder with a Debian in it, whose processes end with the drill."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def make(self, suite: str, copy_of: Path | None) -> None:
        """Make the root, or copy one that was made before, and have its services start only when they are told to."""
        if copy_of is None:
            subprocess.run(
                ["debootstrap", "--variant=minbase", suite, self.folder], check=True, stdout=subprocess.DEVNULL
            )
        else:
            subprocess.run(["cp", "-a", f"{copy_of}/.", self.folder], check=True)
        # Nothing of the machine itself is mounted here: whoever removes the folder would remove that as well.
        for kind, target in (("proc", "proc"), ("tmpfs", "run")):
            subprocess.run(["mount", "-t", kind, kind, self.folder / target], check=True)
        policy = self.folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        self.run("apt-get update -qq")

    def run(self, typed: str, *, check: bool = True) -> str:
        """Type something into a root's shell; return what it shows."""
        words = ["chroot", self.folder, "/usr/bin/env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8"]
        words += ["DEBIAN_FRONTEND=noninteractive", "/bin/bash", "-o", "pipefail", "-c", f"cd && {typed}"]
        ended = subprocess.run(words, capture_output=True, text=True, check=False)
        if check and ended.returncode:
            raise RuntimeError(f"{typed}\nended with {ended.returncode}:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
        return ended.stdout

    def start_target(self, name: str) -> list[str]:
        """Start the units that a target wants, each as its file says; return their names."""
        wanted = settings(self.folder / UNITS / name)["Wants"][0].split()
        for unit in wanted:
            self.start(unit)
        return wanted

    def start(self, unit: str) -> None:
        """Do what the unit says: account, environment, credentials and cache, the check before, then the process."""
        told = settings(self.folder / UNITS / unit)
        account = told["User"][0]
        environment = [*told.get("Environment", []), *self._folders_of(unit, told, account)]
        way = f"/run/{unit}.notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
            ears.bind(str(self.folder / way[1:]))
            (self.folder / way[1:]).chmod(0o777)
            ears.settimeout(PATIENCE)
            words = ["chroot", f"--userspec={account}:{told['Group'][0]}", self.folder]
            words += ["/usr/bin/env", "-i", f"PATH={PATH}", "LANG=C.UTF-8", *environment]
            checked = subprocess.run(
                [*words, *told["ExecStartPre"][0].split()], capture_output=True, text=True, check=False
            )
            if checked.returncode:
                raise RuntimeError(f"{unit} is not started:\n{checked.stdout}{checked.stderr}")
            with (self.folder / f"root/{unit}.log").open("ab") as log:
                words += [f"NOTIFY_SOCKET={way}", *told["ExecStart"][0].split()]
                self.running[unit] = subprocess.Popen(words, stdout=log, stderr=log)
            while b"READY=1" not in ears.recv(4096):
                pass
        (self.folder / way[1:]).unlink()

    def stop_all(self) -> None:
        for process in self.running.values():
            process.terminate()
        for unit, process in self.running.items():
            if process.wait(60):
                raise RuntimeError(f"{unit} ended with {process.returncode}")
        self.running.clear()

    def _folders_of(self, unit: str, told: dict[str, list[str]], account: str) -> list[str]:
        """Hand out copies of the secrets, and make the cache, as systemd does; return the variables that name them."""
        owner = self._account(account)
        folder = self.folder / "run/credentials" / unit
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fallbacks = dict(line.split(":", 1) for line in told.get("SetCredential", []))
        for line in told.get("LoadCredential", []):
            name, _, place = line.partition(":")
            secret = self.folder / place[1:]
            (folder / name).write_bytes(secret.read_bytes() if secret.exists() else fallbacks[name].encode())
            (folder / name).chmod(0o400)
            os.chown(folder / name, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o500)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        named = [f"CREDENTIALS_DIRECTORY=/run/credentials/{unit}"]
        for cache in told.get("CacheDirectory", []):
            (self.folder / "var/cache" / cache).mkdir(mode=0o700, exist_ok=True)
            os.chown(self.folder / "var/cache" / cache, owner.pw_uid, owner.pw_gid)
            named.append(f"CACHE_DIRECTORY=/var/cache/{cache}")
        return named

    def _account(self, name: str) -> pwd.struct_passwd:
        lines = [line.split(":") for line in (self.folder / "etc/passwd").read_text("utf-8").splitlines()]
        found = next(line for line in lines if line[0] == name)
        return pwd.struct_passwd((*found[:2], int(found[2]), int(found[3]), *found[4:]))


def settings(unit: Path) -> dict[str, list[str]]:
    """Return each setting of a unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def wait_for(answer: object, what: str) -> None:
    """Ask again until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not answer():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {PATIENCE:.0f} s: {what}")
        time.sleep(0.5)
