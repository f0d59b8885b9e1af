"""The ``textgym`` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import agents
from textgym.errors import TextGymError

FOREIGN = (
    "textgym: 'import agents' finds another package, {place}. It hides textgym's own; "
    "openai-agents has the same import name. Use a virtual environment for each, or rename that "
    "folder."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        The exit code: 0 done, 1 failed, 2 misused, 128 + n stopped by signal n (130: Ctrl-C).
    """
    if not hasattr(agents, "registry"):  # files of two packages in one folder, or a path in between
        print(FOREIGN.format(place=getattr(agents, "__file__", agents)), file=sys.stderr)
        return 1
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except TextGymError as error:
        print(f"textgym: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("textgym: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    from agents.commands import registry

    parser = argparse.ArgumentParser(prog="textgym", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in registry.names():
        command = registry.load(name)
        summary = (command.__doc__ or "").splitlines()[0]
        shown = summary.replace("%", "%%")  # argparse takes help for a format
        subparser = commands.add_parser(name, help=shown, description=summary)
        command.arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
