import re
from pathlib import Path

import pytest

import agents
import textgym
from agents.cli import main


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_doctor_finds_nothing_wrong_here(capsys, elsewhere):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert (
        re.search(r"^torch \d", shown, re.MULTILINE) and f"textgym {textgym.__version__}" in shown
    )
    assert shown.endswith(f"agents from {Path(agents.__file__).parent}\n")


def test_doctor_names_the_install_line_of_what_is_missing(capsys, monkeypatch, elsewhere):
    monkeypatch.setattr("agents.commands.doctor.OPTIONAL", {"no-such-thing": "fast"})
    assert main(["doctor"]) == 0
    assert 'no-such-thing is not installed: pip install "textgym[fast]"' in capsys.readouterr().out
    monkeypatch.setattr("agents.commands.doctor.NEEDED", ("no-such-thing",))
    assert main(["doctor"]) == 1


def test_doctor_finds_openai_agents(capsys, monkeypatch, elsewhere):
    info = elsewhere / "openai_agents-0.6.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: openai-agents\nVersion: 0.6.0\n")
    monkeypatch.syspath_prepend(str(elsewhere))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "openai-agents 0.6.0" in shown and "virtual environment" in shown


def test_doctor_finds_another_folder_called_agents(capsys, elsewhere):
    (elsewhere / "agents").mkdir()
    (elsewhere / "agents" / "__init__.py").write_text("")
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert f"finds {elsewhere / 'agents'}, which hides it" in shown and "rename" in shown


def test_the_command_says_so_where_another_package_is_called_agents(monkeypatch, capsys):
    """As where openai-agents was installed over ours, in the same folder."""
    monkeypatch.delattr(agents, "registry")
    assert main(["list"]) == 1
    assert re.search("openai-agents.*virtual environment", capsys.readouterr().err)
