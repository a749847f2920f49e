"""Settings. The only reader of the environment; everyone else is handed values."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from server.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

APP_NAME: Final = "composer-autopilot"
_MIB: Final = 1024 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_KEYS: Final = {"openai": "OPENAI_API_KEY", "google": "GOOGLE_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process is to run. Secrets are never in its `repr`."""

    data_dir: Path | None = None
    """`AUTOPILOT_DATA_DIR`; None for the platform's user data directory."""
    database_url: str | None = None
    """`AUTOPILOT_DATABASE_URL`, a SQLAlchemy URL; None for SQLite in the data directory."""
    host: str = "127.0.0.1"
    """`AUTOPILOT_HOST`."""
    port: int = 8000
    """`AUTOPILOT_PORT`."""
    token: str | None = None
    """`AUTOPILOT_TOKEN`: what HTTP clients must send as a bearer token."""
    allowed_hosts: tuple[str, ...] = ()
    """`AUTOPILOT_ALLOWED_HOSTS`, comma separated: names this server is reached by, besides loopback."""
    max_body: int = 8 * _MIB
    """`AUTOPILOT_MAX_BODY_MB`: the largest request, here in bytes."""
    credentials: frozenset[str] = frozenset()
    """Providers that have a key in the environment."""

    def __repr__(self) -> str:
        return f"Settings(host={self.host!r}, port={self.port}, data_dir={str(self.data_dir)!r})"

    @property
    def loopback(self) -> bool:
        return self.host in _LOOPBACK

    def resolved_data_dir(self) -> Path:
        """The directory for everything this program keeps."""
        if self.data_dir is not None:
            return self.data_dir
        # Only who needs the default pays for finding it.
        from platformdirs import user_data_path  # noqa: PLC0415

        return user_data_path(APP_NAME, appauthor=False)

    def resolved_database_url(self) -> str:
        """The database, its directory made if need be.

        Raises:
            SettingsError: the directory cannot be made.
        """
        if self.database_url is not None:
            return self.database_url
        directory = self.resolved_data_dir()
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            message = f"AUTOPILOT_DATA_DIR: {directory} cannot be used: {error.strerror}"
            raise SettingsError(message) from error
        return f"sqlite:///{quote(str(directory / 'autopilot.db'))}"

    def check_exposed(self) -> None:
        """Refuse to be reachable from other machines without a token.

        Raises:
            SettingsError: there is none.
        """
        if not self.loopback and not self.token:
            message = f"AUTOPILOT_TOKEN must be set to listen on {self.host}; 127.0.0.1 needs none"
            raise SettingsError(message)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:  # noqa: TID251 - the one reader
    """Settings from environment variables.

    Raises:
        SettingsError: a variable has a bad value.
    """
    directory = environ.get("AUTOPILOT_DATA_DIR")
    hosts = environ.get("AUTOPILOT_ALLOWED_HOSTS", "")
    return Settings(
        data_dir=_directory(directory) if directory else None,
        database_url=environ.get("AUTOPILOT_DATABASE_URL") or None,
        host=environ.get("AUTOPILOT_HOST") or "127.0.0.1",
        port=_integer(environ, "AUTOPILOT_PORT", 8000, 0, 65535),
        token=environ.get("AUTOPILOT_TOKEN") or None,
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        max_body=_integer(environ, "AUTOPILOT_MAX_BODY_MB", 8, 1, 1024) * _MIB,
        credentials=frozenset(provider for provider, name in _KEYS.items() if environ.get(name)),
    )


def _directory(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        message = f"AUTOPILOT_DATA_DIR: there is no home directory for {text[:40]!r}"
        raise SettingsError(message) from error


def _integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name)
    if not text:
        return default
    # Python itself refuses to read thousands of digits.
    readable = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 - no limit has as many
    if not readable or not low <= int(text) <= high:
        message = f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}"
        raise SettingsError(message)
    return int(text)
