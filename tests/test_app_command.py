"""``viralsim app``: what it says before it serves."""

from __future__ import annotations

import socket
from importlib import util

import pytest

from viralsim.app import server
from viralsim.app.guard import is_loopback
from viralsim.cli.shell import run_command
from viralsim.errors import EngineError


@pytest.fixture
def served(monkeypatch) -> list[tuple]:
    """Calls of `serve`, which does nothing; nicegui counts as installed."""
    calls: list[tuple] = []
    monkeypatch.setattr(server, "serve", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(util, "find_spec", lambda name: object())
    return calls


def test_without_nicegui_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert run_command(["app"]) == 2
    assert "pip install 'viralsim[app]'" in capsys.readouterr().err


def test_it_prints_its_address_and_listens_here_only(served, capsys):
    assert run_command(["app", "--port", "18300", "--no-open"]) == 0
    host, port, show, _ = served[0]
    told = capsys.readouterr()
    assert (host, show) == ("127.0.0.1", False)
    assert told.out == f"http://127.0.0.1:{port}/\n"
    assert "warning" not in told.err


def test_finished_runs_are_kept_where_it_is_told(served, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert run_command(["app", "--port", "18340", "--quiet"]) == 0
    assert run_command(["app", "--port", "18341", "--quiet", "--out", str(tmp_path / "mine")]) == 0
    assert run_command(["app", "--port", "18342", "--quiet", "--no-keep"]) == 0
    assert [call[3] for call in served] == [tmp_path / "state" / "viralsim" / "app", tmp_path / "mine", None]
    (tmp_path / "file").write_text("")
    assert run_command(["app", "--port", "18343", "--out", str(tmp_path / "file" / "x")]) != 0
    assert "can be written to, or --no-keep" in capsys.readouterr().err
    assert len(served) == 3


def test_another_host_is_warned_of(served, capsys):
    assert run_command(["app", "--host", "0.0.0.0", "--port", "18320", "--quiet"]) == 0
    assert "warning: listening at 0.0.0.0" in capsys.readouterr().err
    assert served[0][0] == "0.0.0.0"


def test_a_port_in_use_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = server.free_port("127.0.0.1", port)
        assert port < found < port + 20
        with pytest.raises(EngineError, match="no free port"):
            server.free_port("127.0.0.1", port, tries=1)


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_is_this_machine(host, own):
    assert is_loopback(host) is own
