"""Shows a process's numbers on its private port, as text that Prometheus reads; nothing where no port is set."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.lib.lifeline import die_with
from temoin.settings.file import Config, Process, read_config

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from temoin.serving.pace import TransferPace

log = logging.getLogger("temoin.metrics")

TOGETHER = "PROMETHEUS_MULTIPROC_DIR"  # the library's: where forked processes count together


def port_of(config: Config, process: Process) -> int | None:
    """Return the port of this kind of process."""
    metrics = config.metrics
    ports = {
        Process.STAFF: metrics.web,
        Process.PORTAL: metrics.portal,
        Process.AUTHORITY: metrics.authority,
        Process.WORKER: metrics.worker,
        Process.SEALER: metrics.sealer,
        Process.KEEPER: metrics.reaper,
        Process.LISTENER: metrics.listen,
    }
    return ports.get(process)


def scrape_pace() -> TransferPace:
    """Return how long whoever asks for numbers may take: few ask, and none of them sends a body."""
    from temoin.serving.pace import TransferPace

    return TransferPace(connections=64, threads=2, waiting=64, largest_body=1024, streams=0)


@contextmanager
def counted_together(settings: Path, process: Process) -> Iterator[None]:
    """Have server processes count together; to be entered before Django, and with it the library, is loaded."""
    if port_of(read_config(settings), process) is None:
        yield
        return
    folder = tempfile.mkdtemp(prefix="temoin-metrics-")
    os.environ[TOGETHER] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show_measures(config: Config, process: Process) -> None:
    """Show them from a thread of this process."""
    port = port_of(config, process)
    if port is None:
        return
    from prometheus_client import REGISTRY, make_wsgi_app

    from temoin.cli.standing_measures import StandingMeasures
    from temoin.serving.processes import listen
    from temoin.serving.server import serve_beside

    REGISTRY.register(StandingMeasures(process, config))
    try:
        serve_beside(make_wsgi_app(REGISTRY), listen(config.metrics.host, port), scrape_pace())
    except OSError as error:  # another worker of this machine, perhaps: parcels leave all the same
        log.error("no metrics at port %d: %s", port, error.strerror)


@contextmanager
def measures_beside(config: Config, process: Process) -> Iterator[None]:
    """Show what the server processes count, from a process of its own: this one only waits for them, and forks."""
    port = port_of(config, process)
    pid = os.fork() if port is not None else None
    if pid == 0:
        _show_together(config, port or 0)
    try:
        yield
    finally:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class _Ended:
    """Shows nothing; at each scrape it forgets what server processes that have ended were doing."""

    def collect(self) -> Iterable[Metric]:
        for file in Path(os.environ[TOGETHER]).glob("gauge_live*_*.db"):
            if not Path(f"/proc/{file.stem.rpartition('_')[2]}").exists():
                file.unlink(missing_ok=True)
        return ()


def _show_together(config: Config, port: int) -> None:
    try:
        die_with(os.getppid(), signal.SIGKILL)
        from prometheus_client import CollectorRegistry, make_wsgi_app
        from prometheus_client.multiprocess import MultiProcessCollector

        from temoin.serving.processes import listen
        from temoin.serving.server import serve

        registry = CollectorRegistry()
        registry.register(_Ended())  # first: the other reads what is left
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library's own
        serve(make_wsgi_app(registry), listen(config.metrics.host, port), scrape_pace())
    except OSError as error:
        log.error("no metrics at port %d: %s", port, error.strerror)
        signal.pause()
    finally:
        os._exit(0)
