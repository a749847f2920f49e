"""Settings: what the environment may say, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import SettingsError
from server.settings import Settings, read_settings


def test_an_empty_environment_serves_loopback_without_a_token() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8000, None)
    assert settings.max_body == 8 * 1024 * 1024
    assert settings.data_dir is None
    settings.check_exposed()


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "AUTOPILOT_DATA_DIR": "/srv/flows",
            "AUTOPILOT_DATABASE_URL": "postgresql://db/flows",
            "AUTOPILOT_HOST": "0.0.0.0",
            "AUTOPILOT_PORT": "9000",
            "AUTOPILOT_TOKEN": "hush",
            "AUTOPILOT_ALLOWED_HOSTS": "flows.example.com, other.example.com ,",
            "AUTOPILOT_MAX_BODY_MB": "3",
            "OPENAI_API_KEY": "sk-1",
            "ANTHROPIC_API_KEY": "",
        }
    )
    assert settings == Settings(
        data_dir=Path("/srv/flows"),
        database_url="postgresql://db/flows",
        host="0.0.0.0",
        port=9000,
        token="hush",
        allowed_hosts=("flows.example.com", "other.example.com"),
        max_body=3 * 1024 * 1024,
        credentials=frozenset({"openai"}),
    )


@pytest.mark.parametrize("variable", ["AUTOPILOT_HOST", "AUTOPILOT_PORT", "AUTOPILOT_TOKEN", "AUTOPILOT_MAX_BODY_MB"])
def test_an_empty_variable_is_as_good_as_none(variable: str) -> None:
    assert read_settings({variable: ""}) == read_settings({})


@pytest.mark.parametrize("text", ["eighty", "-1", "65536", "80.5", "٨٠", "0x50", "9" * 5000])
def test_a_port_that_is_none_is_refused_by_name_and_range(text: str) -> None:
    with pytest.raises(SettingsError, match="AUTOPILOT_PORT must be a whole number from 0 to 65535"):
        read_settings({"AUTOPILOT_PORT": text})


def test_a_body_limit_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="AUTOPILOT_MAX_BODY_MB"):
        read_settings({"AUTOPILOT_MAX_BODY_MB": "0"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_token(host: str) -> None:
    read_settings({"AUTOPILOT_HOST": host}).check_exposed()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "flows.example.com"])
def test_another_address_needs_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match=f"AUTOPILOT_TOKEN must be set to listen on {host}"):
        read_settings({"AUTOPILOT_HOST": host}).check_exposed()
    read_settings({"AUTOPILOT_HOST": host, "AUTOPILOT_TOKEN": "hush"}).check_exposed()


def test_the_data_directory_is_made_when_the_database_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    url = read_settings({"AUTOPILOT_DATA_DIR": str(folder)}).resolved_database_url()
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    assert url == f"sqlite:///{folder}/autopilot.db"


def test_a_data_directory_that_is_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SettingsError, match=r"AUTOPILOT_DATA_DIR: .*taken cannot be used"):
        read_settings({"AUTOPILOT_DATA_DIR": str(tmp_path / "taken")}).resolved_database_url()


def test_a_home_directory_is_found_and_a_missing_one_refused() -> None:
    assert read_settings({"AUTOPILOT_DATA_DIR": "~/flows"}).resolved_data_dir() == Path.home() / "flows"
    with pytest.raises(SettingsError, match="AUTOPILOT_DATA_DIR"):
        read_settings({"AUTOPILOT_DATA_DIR": "~nobody-of-this-name/flows"})


def test_another_database_needs_no_data_directory(tmp_path: Path) -> None:
    folder = tmp_path / "unused"
    settings = Settings(data_dir=folder, database_url="postgresql://db/flows")
    assert settings.resolved_database_url() == "postgresql://db/flows"
    assert not folder.exists()
