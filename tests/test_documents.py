"""Every code block of the README and of CONTRIBUTING runs."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language):
    found = []
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        for match in BLOCK.finditer(text):
            if match[1] == language:
                line = text[: match.start()].count("\n") + 1
                found.append(pytest.param(match[2], id=f"{name}:{line}"))
    return found


def run(*command, cwd, **environment):
    bin_folder = str(Path(sys.executable).parent)
    path = os.pathsep.join([bin_folder, os.environ["PATH"]])
    result = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_every_block_is_of_a_kind_that_is_run():
    kinds = {
        m[1]
        for n in ("README.md", "CONTRIBUTING.md")
        for m in BLOCK.finditer((ROOT / n).read_text())
    }
    assert kinds == {"python", "console", "toml"}


@pytest.mark.parametrize("code", blocks("python"))
def test_python_block(code, tmp_path):
    run(sys.executable, "-W", "error::UserWarning", "-c", code, cwd=tmp_path)


@pytest.mark.parametrize("code", blocks("toml"))
def test_toml_block(code):
    assert tomllib.loads(code)


def lines(make):
    """The commands of all blocks: those that call make, or the others."""
    commands = [line for block in blocks("console") for line in block.values[0].splitlines()]
    return [line for line in commands if line.startswith("make ") == make]


def test_textgym_commands(tmp_path):
    for line in lines(make=False):
        assert line.startswith("textgym ")
        run("sh", "-c", line, cwd=tmp_path)
    assert (tmp_path / "runs" / "small" / "curve.png").is_file()


@pytest.mark.slow
def test_make_demo(tmp_path):
    """The demo as the README says, shortened; ``make test`` is running this very test."""
    assert {line.split()[1] for line in lines(make=True)} == {"demo", "test", "check"}
    shown = run("make", "demo", "TIMESTEPS=60000", f"OUT={tmp_path}/demo", cwd=ROOT)
    assert "before" in shown
    assert "after" in shown
    assert (tmp_path / "demo" / "curve.png").is_file()
    assert (tmp_path / "demo" / "agent" / "manifest.json").is_file()


def test_ci_runs_the_test_command_of_the_readme():
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("make test")


def test_pictures_of_the_readme_exist():
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / name).is_file(), name


def test_tables_of_the_readme_name_everything():
    import textgym
    from agents import registry as agents
    from agents.policies import registry as policies
    from textgym.scorers import registry as scorers
    from textgym.tasks import registry as tasks

    text = (ROOT / "README.md").read_text()
    own = [*textgym.IDS, *tasks.names(), *scorers.names(), *policies.names()]
    names = [*own, *agents.classes()]
    assert [name for name in names if f"`{name}`" not in text] == []
