"""``textgym train``."""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

import agents
from agents.commands._env import add_env, make_env, setting
from agents.training.plot import learning_curve


class Train:
    """Trains an agent; writes a checkpoint and a learning curve."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """What to train, where, for how long."""
        add_env(parser)
        parser.add_argument("--agent", default="reinforce", help="see textgym list")
        parser.add_argument("--timesteps", type=int, default=20_000_000, help="tokens to play")
        parser.add_argument("--imitate", type=int, default=0, help="epochs of warm start first")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--set", type=setting, action="append", default=[], metavar="NAME=VALUE"
        )
        parser.add_argument("--out", type=Path, default=Path("runs/latest"), help="a folder")

    @staticmethod
    def run(options: argparse.Namespace) -> None:
        """Learns with a progress bar, then says how it went."""
        env = make_env(options)
        agent = agents.registry.create(options.agent, env, seed=options.seed, **dict(options.set))
        print(f"before  {agents.evaluate(agent, env)}")
        if options.imitate:
            agent.imitate(options.imitate, progress_bar=True)
            print(f"imitated  {agents.evaluate(agent, env)}")
        shown = "progress_bar" in inspect.signature(agent.learn).parameters
        agent.learn(options.timesteps, **({"progress_bar": True} if shown else {}))
        print(f"after   {agents.evaluate(agent, env)}")
        agent.save(options.out / "agent")
        print(f"saved   {options.out / 'agent'}")
        if getattr(agent, "history", None):
            learning_curve(agent.history, options.out / "curve.png", str(options.env))
            print(f"drawn   {options.out / 'curve.png'}")
