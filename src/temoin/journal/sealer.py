"""The sealer at work: one loop that seals, and one per witness that shows it what was sealed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from temoin.crypto.notes import NoteSigner
from temoin.journal.book import StoredBook
from temoin.journal.couriers.folder import FolderWitness
from temoin.journal.couriers.following import TROUBLES, Followed, Follower, FollowError
from temoin.journal.models import Cosignature, WitnessState
from temoin.journal.nodes import TreeBrokenError
from temoin.journal.sealing import seal_events
from temoin.journal.standing import sealed_size
from temoin.lib.away import OUTAGE, is_away
from temoin.lib.clock import now
from temoin.lib.errors import TemoinError
from temoin.lib.heartbeat import beat, end_beat

log = logging.getLogger("temoin.journal")

EVERY = 4.0  # seconds between two sealings; with a long round it stays under ten
AWAY_PAUSE = 1.0  # while the database is away: a refused connection costs little
LONGEST_PAUSE = 60.0
SEALING = "sealing"
REMIND = timedelta(minutes=10)  # how often an alarm is said again


def run_sealer(stop: threading.Event, signer: NoteSigner, followers: Sequence[Follower]) -> None:
    """Seal and show until `stop` is set."""
    loops = [threading.Thread(target=_follow_on, args=[stop, one], name=one.name) for one in followers]
    for loop in loops:
        loop.start()
    folders = [one for one in followers if isinstance(one, FolderWitness)]
    _seal_on(stop, signer, folders)
    for loop in loops:
        loop.join()


def _seal_on(stop: threading.Event, signer: NoteSigner, folders: Sequence[FolderWitness] = ()) -> None:
    goes_on = False
    while not stop.is_set():
        beat(SEALING)
        is_gone = False
        try:
            goes_on = goes_on or refuse_fork(folders)
            seal_events(signer)
        except TemoinError as error:  # in our own words, without a value
            log.error("sealing: %s", error)
        except Exception as error:  # noqa: BLE001 outermost loop: log the type only, wait, go on
            is_gone = is_away(error)
            goes_on = False  # what answers next may be a standby that lagged
            _tell("sealing", error)
            connection.close()
        stop.wait(AWAY_PAUSE if is_gone else EVERY)
    end_beat(SEALING)
    connection.close()


def refuse_fork(folders: Sequence[FolderWitness]) -> bool:
    """Refuse to seal a database that is older than what a folder knows: there would be two histories.

    Asked at the start and after each outage: a restore, or another server, comes with one.
    """
    for folder in folders:
        known = _known(folder)
        if known > sealed_size():
            raise TreeBrokenError(f"the folder knows {known} events, more than this database: temoin journal resume")
        if not known and (held := _last_seen(folder)):
            raise TreeBrokenError(
                f"{folder.folder} is empty and held {held} events: mount it, or put its copy back; when it is lost for "
                "good, temoin journal seal --new-folder"
            )
    return True


def _known(folder: FolderWitness) -> int:
    try:
        return folder.size()
    except (OSError, FollowError):
        raise TreeBrokenError(
            f"{folder.folder} cannot be read, and may know more events than this database: mount it, or let the "
            "sealer's account read it; nothing is sealed before"
        ) from None


def _last_seen(follower: Follower) -> int:
    sizes = WitnessState.objects.filter(witness=follower.name).values_list("size", flat=True)
    return sizes.first() or 0


def begin_folder_anew(folder: FolderWitness) -> None:
    """Take an empty folder for a new one, since somebody says that the one before is lost.

    It is filled from the database by whoever follows next.
    """
    if _known(folder):
        raise TreeBrokenError(f"{folder.folder} is not empty: nothing is to be begun anew")
    WitnessState.objects.filter(witness=folder.name).update(size=0)


def _follow_on(stop: threading.Event, follower: Follower) -> None:
    failures = 0
    while not stop.is_set():
        is_gone = False
        try:
            failures = 0 if bring_up_to_date(follower) else failures + 1
        except Exception as error:  # noqa: BLE001 outermost loop: log the type only, wait, go on
            is_gone = is_away(error)
            failures += not is_gone  # the witness is not to blame for our database
            _tell(f"witness {follower.name}", error)
            connection.close()
        stop.wait(AWAY_PAUSE if is_gone else min(LONGEST_PAUSE, EVERY * 2 ** min(failures, 6)))
    connection.close()


def _tell(what: str, error: Exception) -> None:
    if is_away(error):
        OUTAGE.note(error)
    else:
        log.error("%s: %s; next try in a moment", what, type(error).__name__)


def bring_up_to_date(follower: Follower) -> bool:
    """Show a witness what it has not seen; tell whether it followed. Its row says so to whoever asks."""
    state = WitnessState.objects.filter(witness=follower.name).first() or WitnessState(witness=follower.name)
    try:
        followed = follower.follow(StoredBook(), state.size)
    except FollowError as error:
        _keep_trouble(state, error)
        return False
    _keep_progress(state, followed)
    return True


def _keep_trouble(state: WitnessState, error: FollowError) -> None:
    code, cause = error.code, f"{error.cause}; " if error.cause else ""
    moment = now()
    since = state.failing_since or moment
    # Said at once, again when the trouble changes, and then every ten minutes.
    is_news = state.trouble != code or (moment - since) % REMIND < timedelta(seconds=LONGEST_PAUSE)
    if is_news:
        told = cause + TROUBLES[code]
        log.error("witness %s: %s (since %s)", state.witness, told, since.isoformat(timespec="seconds"))
    state.failing_since, state.trouble = since, code
    state.save()


def _keep_progress(state: WitnessState, followed: Followed) -> None:
    if state.failing_since is not None:
        log.warning("witness %s: follows again", state.witness)
    state.size, state.followed_at = followed.size, now()
    state.failing_since, state.trouble = None, ""
    with transaction.atomic():
        state.save()
        if followed.line:
            key = {"witness": state.witness, "size": followed.size}
            Cosignature.objects.get_or_create(**key, defaults={"line": followed.line})
