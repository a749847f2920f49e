"""How a speech endpoint is asked: bounded in time, again when that may help, without secrets in what goes wrong."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit

import httpx2

from realtime.speech.ports import fail

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

_ATTEMPTS: Final = 3
_LONGEST_WAIT: Final = 10.0
"""Seconds a server may ask us to wait: a conversation does not wait longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where, and as whom."""

    url: str
    """Up to and with the version: `https://api.openai.com/v1`."""
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    """Seconds of silence from the server."""

    @property
    def host(self) -> str:
        """What may be said about the address: a URL can hold secrets."""
        return urlsplit(self.url).hostname or "?"


class Caller:
    """Asks a server, again if it may help."""

    def __init__(
        self,
        remote: Remote,
        transport: httpx2.AsyncBaseTransport | None,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        if urlsplit(remote.url).scheme not in {"http", "https"}:
            fail("bad-request", "a speech endpoint must be an http or https URL")
        self.remote = remote
        self._sleep = sleep
        headers = {"Authorization": f"Bearer {remote.key}"} if remote.key else {}
        # No proxy or certificate settings out of the environment; a redirect would take the key along.
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(remote.timeout, connect=10.0),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    @asynccontextmanager
    async def ask(self, path: str, **request: Any) -> AsyncGenerator[httpx2.Response]:
        """The answer to a POST, its body still to be read.

        Raises:
            SpeechError: `busy`, `refused` or `remote`, with the host and the status and nothing of what was said.
        """
        response = await self._answered(path, request)
        try:
            yield response
        except httpx2.HTTPError as error:
            fail("remote", f"{self.remote.host} broke off: {type(error).__name__}")
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _answered(self, path: str, request: dict[str, Any]) -> httpx2.Response:
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                message = self._client.build_request("POST", self.remote.url.rstrip("/") + path, **request)
                response = await self._client.send(message, stream=True)
            except httpx2.HTTPError as error:
                if last:
                    fail("remote", f"{self.remote.host} cannot be reached: {type(error).__name__}")
                await self._sleep(0.5 * attempt)
                continue
            if response.is_success:
                return response
            await response.aclose()
            wait = None if last else _wait(response, attempt)
            if wait is None:
                _refused(self.remote.host, response.status_code)
            else:
                await self._sleep(wait)
        raise AssertionError  # the last attempt returns or fails


def _wait(response: httpx2.Response, attempt: int) -> float | None:
    """Seconds until it is worth trying again; None when it is not."""
    if response.status_code not in {408, 429} and response.status_code < 500:  # noqa: PLR2004 - server errors
        return None
    asked = response.headers.get("retry-after", "")
    wait = float(asked) if asked.replace(".", "", 1).isdigit() else 0.5 * 2 ** (attempt - 1)
    return wait if wait <= _LONGEST_WAIT else None


def _refused(host: str, status: int) -> NoReturn:
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        fail("busy", f"{host} asks us to come back later (429)")
    if status in {401, 403}:
        fail("refused", f"{host} does not accept the key ({status})")
    fail("refused" if status < 500 else "remote", f"{host} answered {status}")  # noqa: PLR2004 - server errors
