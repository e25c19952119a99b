"""Turns this process into a program under the identity and the lifeline it needs; run as a script.

Standard library only, and nothing else of ours. PostgreSQL refuses to run as root. Run as `python -I -S launch.py MODE
UID GID PARENT PROGRAM [ARGUMENT…]`, this file first gives up being root, without touching the owner or the mode of any
folder above the database:

* `direct` changes nothing;
* `namespace` enters a user namespace in which our files seem to belong to UID, so that they stay within
  reach;
* `drop` becomes UID for good. The current folder stays open across the change, which is why the supervisor
  points PostgreSQL at `/proc/self/cwd`: the folders above may belong to root alone.

It is exec all the way: the process keeps its number, so the supervisor signals PostgreSQL itself.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Change identity, tie the lifeline to PARENT (0: none), become PROGRAM."""
    mode, uid, gid, parent, program, *rest = arguments
    os.umask(0o077)
    if mode == "namespace":
        _enter_namespace(int(uid), int(gid))
    if mode == "drop":
        os.setgroups([])
        os.setresgid(int(gid), int(gid), int(gid))
        os.setresuid(int(uid), int(uid), int(uid))
    if parent != "0":
        # After the change of identity, which would cut the lifeline. SIGINT is PostgreSQL's fast shutdown.
        _tie_life_to(int(parent))
    os.execv(program, [program, *rest])  # noqa: S606 no shell is wanted


def _tie_life_to(parent: int) -> None:
    # As `temoin.lib.lifeline` does, which cannot be imported here.
    _call("prctl", PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the supervising process is gone")


def _enter_namespace(uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1", encoding="ascii")


def _call(name: str, *values: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*(ctypes.c_ulong(value) for value in values)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
