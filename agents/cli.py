"""The ``textgym`` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from agents.commands import registry
from textgym.errors import TextGymError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 failed, 2 misused."""
    parser = argparse.ArgumentParser(prog="textgym", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in registry.names():
        command = registry.load(name)
        summary = (command.__doc__ or "").splitlines()[0]
        subparser = commands.add_parser(name, help=summary, description=summary)
        command.arguments(subparser)
        subparser.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except TextGymError as error:
        print(f"textgym: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
