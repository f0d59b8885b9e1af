"""The installed command as a process: signals, and what is missing."""

import os
import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from agents.cli import main
from agents.commands._stop import Stop
from agents.training import checkpoint

SMALL = ["--set", "explore=4", "--set", "prompts=8", "--show", "2"]


def test_ctrl_c_ends_the_update_and_saves(tmp_path):
    """FAULTS 43."""
    out = tmp_path / "run"
    arguments = ["train", "--timesteps", "1000000000", *SMALL, "--out", str(out)]
    running = start(arguments)
    try:
        wait_for(running, "Ctrl-C stops and saves")
        running.send_signal(signal.SIGINT)
        rest, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, errors
    assert "stopping after this update" in errors and "Traceback" not in errors
    assert "saved" in rest
    _, about = checkpoint.read(out / "agent")
    assert about["num_timesteps"] > 0 and (out / "curve.png").exists()


def start(arguments):
    script = Path(sysconfig.get_path("scripts")) / "textgym"
    return subprocess.Popen(
        [script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def wait_for(process, words):
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(process.stderr.read())


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(first):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), Stop() as stop:
        assert stop() is True
        os.kill(os.getpid(), first)
        assert stop() is False and stop.number == first
        assert signal.getsignal(signal.SIGTERM) == before
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_elsewhere_is_one_line(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupt)
    assert main(["play"]) == 130
    assert capsys.readouterr().err == "textgym: interrupted\n"


def test_the_installed_script_runs():
    running = start(["sample", "--agent", "uniform", "--count", "2"])
    shown, errors = running.communicate(timeout=120)
    assert running.returncode == 0, errors
    assert len(shown.splitlines()) == 2 and " | " in shown


def test_without_torch_the_rest_works():
    """Its absence is told with the install line."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from agents.cli import main\n"
        "print(main(['list']), main(['sample', '--agent', 'uniform', '--count', '1']))\n"
        "print(main(['sample']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-2:] == ["0 0", "1"], done.stderr
    assert re.search(r"agent +uniform +Chooses", done.stdout)
    assert 'Install it with: pip install "textgym[agents]"' in done.stderr
