"""The only clock: every other module asks here, so that tests and drills can move time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial


def _system_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the one place that reads the system clock


_source: Callable[[], datetime] = _system_now


def now() -> datetime:
    """Return the present instant, in UTC."""
    return _source()


def coarse(instant: datetime) -> datetime:
    """Return the instant cut to the hour: what may stand in clear beside a sealed record."""
    return instant.replace(minute=0, second=0, microsecond=0)


def _held(instant: datetime) -> datetime:
    return instant


def _moved(source: Callable[[], datetime], delta: timedelta) -> datetime:
    return source() + delta


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant`, for tests and simulations."""
    global _source
    before = _source
    _source = partial(_held, instant)
    try:
        yield
    finally:
        _source = before


@contextmanager
def shifted_by(delta: timedelta) -> Iterator[None]:
    """Run the clock `delta` ahead, for tests and simulations."""
    global _source
    before = _source
    _source = partial(_moved, before, delta)
    try:
        yield
    finally:
        _source = before
