"""What the database and the files say of lanes, journal, duties and certificates, asked anew at each scrape.

Each kind of process asks what its own role may read: counts and times of all pharmacies together, nothing of any one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from math import inf

from django.db import DatabaseError, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from temoin.keeping.ledger import KEYS_ENDED, count_forgotten
from temoin.lib.away import OUTAGE, is_away
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, today_in
from temoin.settings.file import Config, Process

Ask = Callable[[Config], Iterable[Metric]]
_ARCHIVE = """
SELECT current_setting('archive_mode') = 'off'
       OR coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver
"""
_OVERDUE = "SELECT name, due_at, failing_since IS NOT NULL FROM outbox_duty"


class StandingMeasures(Collector):
    """Asks at each scrape; while the database is away it shows what needs none, and that it is away."""

    def __init__(self, process: Process, config: Config) -> None:
        self._config = config
        self._asks = ASKED.get(process, ())

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what there is, is known when it is asked."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask. The thread of a scrape may not be asked again for long: it leaves no connection open behind it."""
        yield from certificate_days(self._config)
        try:
            for ask in self._asks:
                yield from ask(self._config)
        except DatabaseError as error:
            if not is_away(error):
                raise
            OUTAGE.note(error)
        finally:
            connection.close()


def lanes(_config: Config) -> Iterator[Metric]:
    """Ask how each lane stands, as `temoin lanes` does."""
    from temoin.outbox.circuit import CircuitState
    from temoin.outbox.standing import lane_standings
    from temoin.outbox.states import ParcelState

    parcels = _gauge("temoin_parcels", "Parcels that are not settled, by lane and state.", "destination", "state")
    oldest = _gauge("temoin_parcel_oldest_seconds", "Age of the oldest unsettled parcel of a lane.", "destination")
    matters = _gauge("temoin_parcel_matters", "Parcels that meet the same answer again and again.", "destination")
    closed = _gauge("temoin_circuit_open", "1 while a lane's circuit is not closed.", "destination")
    for one in lane_standings():
        for state in (ParcelState.WAITING, ParcelState.SENDING, ParcelState.IN_DOUBT, ParcelState.REFUSED):
            parcels.add_metric([one.destination, state.value], one.counts.get(state, 0))
        oldest.add_metric([one.destination], _age(one.oldest))
        matters.add_metric([one.destination], one.matters)
        closed.add_metric([one.destination], one.circuit.state(now()) is not CircuitState.CLOSED)
    yield from (parcels, oldest, matters, closed)


def duties(_config: Config) -> Iterator[Metric]:
    """Ask which duties fail, and for how long each is overdue."""
    failing = _gauge("temoin_duty_failing", "1 while a duty did not go well the last time.", "duty")
    overdue = _gauge("temoin_duty_overdue_seconds", "For how long a duty has been due.", "duty")
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE)
        for name, due_at, fails in cursor.fetchall():
            failing.add_metric([name], fails)
            overdue.add_metric([name], _age(due_at))
    yield from (failing, overdue)


def webhooks(_config: Config) -> Iterator[Metric]:
    """Ask how many notices to programs wait, and how many addresses have taken none for a day."""
    from temoin.webhooks.queries import webhook_standing

    matters, waiting = webhook_standing()
    yield GaugeMetricFamily("temoin_webhook_matters", "Programs that took no notice for a day.", matters)
    yield GaugeMetricFamily("temoin_webhook_notices", "Notices to programs that wait.", waiting)


def backups(_config: Config) -> Iterator[Metric]:
    """Ask when a backup was last restored and proved, and whether the database's log goes to its archive."""
    from temoin.keeping.backups import backup_verified_at

    verified_at = backup_verified_at()
    words = "Time since a backup was restored and proved; infinite when none ever was."
    yield GaugeMetricFamily("temoin_backup_age_seconds", words, inf if verified_at is None else _age(verified_at))
    with connection.cursor() as cursor:
        cursor.execute(_ARCHIVE)
        ((fails,),) = cursor.fetchall()
    words = "1 while the database's log is not archived, or the last try to archive it failed."
    yield GaugeMetricFamily("temoin_archive_failing", words, fails)


def ledger(config: Config) -> Iterator[Metric]:
    """Ask how many destroyed keys their ledger does not know."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS_ENDED)
        ended = [key for (key,) in cursor.fetchall()]
    try:
        missing: float = count_forgotten(ended, config.key_ledger)
    except OSError:
        missing = inf
    words = "Destroyed keys that their ledger does not know; infinite when it cannot be read."
    yield GaugeMetricFamily("temoin_ledger_missing", words, missing)


def journal(_config: Config) -> Iterator[Metric]:
    """Ask how far the sealer and the witnesses are, as `temoin journal status` does."""
    from temoin.journal.standing import journal_standing

    found = journal_standing()
    yield GaugeMetricFamily("temoin_journal_events", "Events that are sealed.", found.size)
    yield GaugeMetricFamily("temoin_journal_unsealed", "Events that wait for their seal.", found.waiting)
    words = "Age of the oldest event that waits for its seal."
    yield GaugeMetricFamily("temoin_journal_unsealed_seconds", words, _age(found.oldest))
    behind = _gauge("temoin_witness_behind", "Sealed events that a witness has not seen.", "witness")
    silent = _gauge("temoin_witness_silent_seconds", "Time since a witness last followed.", "witness")
    for one in found.witnesses:
        behind.add_metric([one.witness], found.size - one.size)
        silent.add_metric([one.witness], _age(one.followed_at or one.failing_since))
    yield from (behind, silent)


def certificate_days(config: Config) -> Iterator[Metric]:
    """Tell how many days the host's certificate and our own to destinations have left."""
    from temoin.crypto.signatures import PublicKeyError, end_of_certificate

    days = _gauge("temoin_certificate_days", "Days that a certificate of ours has left.", "certificate")
    if config.hosting is not None and config.hosting.expires is not None:
        days.add_metric(["hosting"], (config.hosting.expires - today_in(HOUSE)).days)
    for name, _noun, path in config.own_certificates:
        try:
            left = end_of_certificate(path.read_bytes()) - now()
        except (OSError, PublicKeyError):
            continue  # told by `temoin check`
        days.add_metric([name], left.days)
    yield days


ASKED: dict[Process, tuple[Ask, ...]] = {
    Process.WORKER: (lanes, duties, webhooks),
    Process.SEALER: (journal, ledger),
    Process.KEEPER: (duties, backups),
}


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _age(moment: datetime | None) -> float:
    return 0.0 if moment is None else max(0.0, (now() - moment).total_seconds())
