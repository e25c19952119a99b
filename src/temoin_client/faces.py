"""The two faces of the client: blocking, for threads, and awaited, for asyncio. Each carries the same steps."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import httpx

from temoin_client.exchange import ApiCall, ApiReply, ApiRequest, PauseStep
from temoin_client.keys import SignsClaims
from temoin_client.problems import CallError
from temoin_client.tokens import ClientOptions, TokenBook
from temoin_client.tries import TokenStep, call_steps, token_steps

Told = TypeVar("Told")
Item = TypeVar("Item")


class PageRead(Protocol):
    """A page of a list, which knows the next one."""

    @property
    def next(self) -> str: ...


class FollowedPage(PageRead, Protocol):
    """A page of what goes on."""

    has_more: bool


Page = TypeVar("Page", bound=PageRead)
Followed = TypeVar("Followed", bound=FollowedPage)


class _Face:
    def __init__(
        self, address: str, *, client_id: str, sign: SignsClaims, options: ClientOptions | None = None
    ) -> None:
        self._book = TokenBook(address, client_id, sign, options or ClientOptions())

    def _settings(self) -> dict[str, Any]:
        own = self._book.options
        return {"base_url": self._book.address, "trust_env": False, "proxy": own.proxy, "verify": own.tls or True}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._book.address!r}, client_id={self._book.client_id!r})"


class BlockingFace(_Face):
    """Carries calls in the thread that asks; several threads may share it."""

    def __init__(
        self, address: str, *, client_id: str, sign: SignsClaims, options: ClientOptions | None = None
    ) -> None:
        super().__init__(address, client_id=client_id, sign=sign, options=options)
        self._http = httpx.Client(**self._settings())
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def do(self, call: ApiCall[Told]) -> Told:
        """Make a call until it is done, refused or out of time."""
        steps, came = call_steps(call, self._book), None
        try:
            step = next(steps)
            while True:
                came = self._token(step) if isinstance(step, TokenStep) else self._carry(step)
                step = steps.send(came)
        except StopIteration as end:
            told: Told = end.value
            return told
        except CallError as error:
            error.key = call.key
            raise

    def items(self, call: ApiCall[Page], read: Callable[[Page], Sequence[Item]]) -> Iterator[Item]:
        """Yield what stands on a list, page after page."""
        page = self.do(call)
        yield from read(page)
        while page.next:
            page = self.do(call.onward(page.next))
            yield from read(page)

    def follow(self, call: ApiCall[Followed], after: str, pause: float | None) -> Iterator[Followed]:
        """Yield pages from a place on; without a pause until there is no more, with one for ever."""
        while True:
            page = self.do(call.onward(after) if after else call)
            yield page
            after = page.next
            if not page.has_more:
                if pause is None:
                    return
                time.sleep(pause)

    def _token(self, step: TokenStep) -> str:
        with self._lock:
            if kept := self._book.good_token(step.refused):
                return kept
            steps = token_steps(self._book, step.deadline)
            try:
                asked = next(steps)
                while True:
                    asked = steps.send(self._carry(asked))
            except StopIteration as end:
                return str(end.value)

    def _carry(self, step: ApiRequest | PauseStep) -> ApiReply | None:
        if isinstance(step, PauseStep):
            time.sleep(step.seconds)
            return None
        try:
            return _told(self._http.send(_asked(self._http, step)))
        except PASSING as fault:
            return ApiReply(fault=type(fault).__name__)


class AwaitedFace(_Face):
    """Carries calls in an event loop; several tasks may share it."""

    def __init__(
        self, address: str, *, client_id: str, sign: SignsClaims, options: ClientOptions | None = None
    ) -> None:
        super().__init__(address, client_id=client_id, sign=sign, options=options)
        self._http = httpx.AsyncClient(**self._settings())
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def do(self, call: ApiCall[Told]) -> Told:
        """Make a call until it is done, refused or out of time."""
        steps, came = call_steps(call, self._book), None
        try:
            step = next(steps)
            while True:
                came = await (self._token(step) if isinstance(step, TokenStep) else self._carry(step))
                step = steps.send(came)
        except StopIteration as end:
            told: Told = end.value
            return told
        except CallError as error:
            error.key = call.key
            raise

    async def items(self, call: ApiCall[Page], read: Callable[[Page], Sequence[Item]]) -> AsyncIterator[Item]:
        """Yield what stands on a list, page after page."""
        page = await self.do(call)
        for item in read(page):
            yield item
        while page.next:
            page = await self.do(call.onward(page.next))
            for item in read(page):
                yield item

    async def follow(self, call: ApiCall[Followed], after: str, pause: float | None) -> AsyncIterator[Followed]:
        """Yield pages from a place on; without a pause until there is no more, with one for ever."""
        while True:
            page = await self.do(call.onward(after) if after else call)
            yield page
            after = page.next
            if not page.has_more:
                if pause is None:
                    return
                await asyncio.sleep(pause)

    async def _token(self, step: TokenStep) -> str:
        async with self._lock:
            if kept := self._book.good_token(step.refused):
                return kept
            steps = token_steps(self._book, step.deadline)
            try:
                asked = next(steps)
                while True:
                    asked = steps.send(await self._carry(asked))
            except StopIteration as end:
                return str(end.value)

    async def _carry(self, step: ApiRequest | PauseStep) -> ApiReply | None:
        if isinstance(step, PauseStep):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return _told(await self._http.send(_asked(self._http, step)))
        except PASSING as fault:
            return ApiReply(fault=type(fault).__name__)


# Faults of the network between, and no mistakes of ours: what was sent may have come.
PASSING = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


def _asked(http: httpx.Client | httpx.AsyncClient, step: ApiRequest) -> httpx.Request:
    return http.build_request(
        step.method, step.path, params=step.query, headers=step.headers, content=step.body, timeout=step.seconds
    )


def _told(response: httpx.Response) -> ApiReply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return ApiReply(response.status_code, headers, response.content)
