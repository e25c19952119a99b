"""The product's server before an application, in a thread of the test's own process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from patience import PATIENCE

from temoin.serving.answering import Application
from temoin.serving.pace import TransferPace
from temoin.serving.processes import listen
from temoin.serving.server import Server


@contextmanager
def answering(application: Application, pace: TransferPace) -> Iterator[int]:
    """Serve on a free port, and tell it."""
    listener = listen("127.0.0.1", 0)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    server = Server(application, listener, pace)
    thread = threading.Thread(target=loop.run_until_complete, args=(server.run(stop),))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()
        listener.close()
