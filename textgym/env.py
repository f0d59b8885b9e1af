"""``TextGenEnv``: writing one text as a Gymnasium episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium.error import ResetNeeded

from textgym.episode import (
    EOS,
    FINISH_REASONS,
    Episodes,
    Flags,
    Shaping,
    Tokens,
    reject_unknown,
)
from textgym.examples import ExampleStream
from textgym.render import Page, Typewriter, check_render_mode, draw, to_ansi
from textgym.scoring import Scorer
from textgym.types import Example, Task, Vocab


class TextGenEnv(gym.Env[Tokens, np.int64]):
    """Writing a text, one token a step.

    ## Description
    The environment shows a prompt; the agent appends one token after another until it chooses
    the end token or reaches the length cap. Then a scorer reads the text.

    ## Action Space
    ``Discrete(V)``: the next token. ``action_masks()`` says which tokens are legal (padding and
    other control tokens never are; the end token not before ``min_new_tokens``).

    ## Observation Space
    ``Box(0, V - 1, (context_length,), int64)``: the newest tokens of prompt and text, padded on
    the left, so that ``obs[-1]`` is always the newest. What counts is everything from the first
    token on that is not padding.

    ## Starting State
    The prompt of an example drawn uniformly, or of ``options={"example": i}``.

    ## Rewards
    0 until the end, then the score. With ``shaping="potential"`` each step pays how much the
    token changed the score of the text so far (Ng et al. 1999); the undiscounted sum is the same.

    ## Episode End
    The end token or the cap. Both are ``terminated=True``: the score has been paid, so nothing
    is left to bootstrap. ``truncated`` is never True.

    ## Information
    The same keys at every step: ``prompt``, ``text``, ``score``, ``breakdown`` (part -> float),
    ``finish_reason`` (``""`` while writing, then ``"eos"`` or ``"length"``) and ``example_id``.
    ``text``, ``score`` and ``breakdown`` are ``""`` and 0.0 until ``finish_reason`` is set.

    ## Arguments
    See ``__init__``.

    ## References
    Ranzato et al. 2016 (MIXER), arXiv 1511.06732, section 3: text generation as an MDP.
    Ramamurthy et al. 2023 (RL4LMs), arXiv 2210.01241, section 3.1.

    ## Version History
    v0: the first.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["human", "ansi", "rgb_array"],
        "render_fps": 4,
    }

    def __init__(
        self,
        task: str | Task = "proverbs",
        scorer: str | Scorer = "bleu",
        *,
        split: str | None = None,
        context_length: int | None = None,
        max_new_tokens: int | None = None,
        min_new_tokens: int = 0,
        shaping: Shaping | None = None,
        truncate_prompts: bool = False,
        render_mode: str | None = None,
        **unknown: Any,
    ) -> None:
        """Builds the environment.

        Args:
            task: A task, or a name such as ``"chess"`` or ``"proverbs(size=80)"``.
            scorer: A scorer, or an expression such as ``"bleu + 0.3*length(12)"``.
            split: ``"train"`` (default), ``"validation"`` or ``"test"``; of a named task only.
            context_length: Width of an observation in tokens; by default the longest prompt and
                ``max_new_tokens`` together. In a narrower one the oldest tokens fall out of sight.
            max_new_tokens: The length cap in tokens; by default the task's own.
            min_new_tokens: The end token is masked before this many tokens.
            shaping: ``"potential"`` pays the change of the score at each step; None at the end.
            truncate_prompts: Keep only the end of a prompt longer than ``context_length``
                instead of raising.
            render_mode: ``"ansi"`` (a string), ``"human"`` (printed), ``"rgb_array"`` or None.
            **unknown: Any other argument is an error that lists the valid ones.

        Raises:
            UnknownName: No such task, scorer, split, shaping or argument.
            TaskError: An example cannot be played; the message names it.
        """
        reject_unknown(type(self), unknown)
        self.render_mode = check_render_mode(render_mode, self.metadata["render_modes"])
        self.episodes = Episodes(
            task,
            scorer,
            split=split,
            context_length=context_length,
            max_new_tokens=max_new_tokens,
            min_new_tokens=min_new_tokens,
            shaping=shaping,
            truncate_prompts=truncate_prompts,
        )
        self.observation_space = self.episodes.observation_space
        self.action_space = self.episodes.action_space
        self._context = self.episodes.context_length
        self._buffer = np.zeros(self._context + self.episodes.max_new_tokens, np.int64)
        self._length = 0
        self._playing = False
        self._stream: ExampleStream | None = None
        self._typewriter = Typewriter()

    @property
    def task(self) -> Task:
        """The examples that are played."""
        return self.episodes.task

    @property
    def scorer(self) -> Scorer:
        """The reward."""
        return self.episodes.scorer

    @property
    def vocab(self) -> Vocab:
        """What the token ids mean."""
        return self.episodes.vocab

    def action_masks(self) -> Flags:
        """bool[V]: the tokens that are legal now (the name sb3-contrib looks for)."""
        return self.episodes.action_mask(self._length)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Tokens, dict[str, Any]]:
        """Starts an episode.

        Args:
            seed: Restarts the sequence of examples.
            options: ``{"example": i}`` asks for example ``i``.

        Returns:
            The observation, int64[context_length], and the info.

        Raises:
            UnknownArgument: Another option; ValueError, IndexError: no such example.
        """
        asked = self.episodes.check_options(options, ("example",))
        super().reset(seed=seed)
        if self._stream is None or self._stream.generator is not self.np_random:
            self._stream = ExampleStream(self.np_random, self.episodes.size)
        self._example_id = self._stream.next() if asked is None else int(asked)
        self._example: Example = self.task[self._example_id]
        prompt = self.episodes.prompts[self._example_id]
        self._buffer[: self._context] = self.vocab.pad_id
        self._buffer[self._context - len(prompt) : self._context] = prompt
        self._length, self._potential, self._playing = 0, 0.0, True
        return self._observe(self._info("", 0.0, self._no_parts(), 0))

    def step(self, action: Any) -> tuple[Tokens, float, bool, bool, dict[str, Any]]:
        """Appends one token.

        Returns:
            Observation int64[context_length], reward, terminated, truncated (False), info.

        Raises:
            ResetNeeded: There is no running episode.
            InvalidAction: The action is no legal token; the state is as it was.
        """
        if not self._playing:
            raise ResetNeeded("No episode is running; call reset() before step().")
        token = self.episodes.check_action(action, self._length)
        length = self._length + 1
        self._buffer[self._context + self._length] = token
        ended = self.episodes.ended(token, length)
        text, score, parts, reward = "", 0.0, self._no_parts(), 0.0
        if ended or self.episodes.shaping:  # what raises in here leaves the episode as it was
            written, now, now_parts = self._score(length - (ended == EOS))
            reward = self._reward(now)
            if ended:
                text, score, parts, self._playing = written, now, now_parts, False
        self._length = length
        observation, info = self._observe(self._info(text, score, parts, ended))
        return observation, reward, bool(ended), False, info

    def render(self) -> Any:
        """The page so far: a string, a picture uint8[H, W, 3], or None (``"human"`` prints).

        Raises:
            ResetNeeded: There was no reset yet.
        """
        if self._stream is None:
            raise ResetNeeded("There is nothing to show yet; call reset() before render().")
        if self.render_mode == "rgb_array":
            return draw(self._page())
        return to_ansi(self._page()) if self.render_mode == "ansi" else None

    def _page(self) -> Page:
        written = self._buffer[self._context : self._context + self._length]
        text = self.episodes.text(written[written != self.episodes.eos_id])
        return Page(self._example.prompt, text, *self._result)

    def _score(self, length: int) -> tuple[str, float, dict[str, float]]:
        text = self.episodes.text(self._buffer[self._context : self._context + length])
        total, parts = self.episodes.scorer.evaluate([text], [self._example])
        return text, float(total[0]), {name: float(values[0]) for name, values in parts.items()}

    def _reward(self, score: float) -> float:
        if self.episodes.shaping is None:
            return score
        gain, self._potential = score - self._potential, score
        return gain

    def _observe(self, info: dict[str, Any]) -> tuple[Tokens, dict[str, Any]]:
        """The window that ends at the newest token, and ``info``; shows them where asked."""
        self._result = info["finish_reason"], info["score"], dict(info["breakdown"])
        if self.render_mode == "human":
            say = self._typewriter.show if self._length else self._typewriter.start
            say(self._page())
        return self._buffer[self._length : self._length + self._context].copy(), info

    def _no_parts(self) -> dict[str, float]:
        return dict.fromkeys(self.episodes.part_names, 0.0)

    def _info(self, text: str, score: float, parts: dict[str, float], ended: int) -> dict[str, Any]:
        return {
            "prompt": self._example.prompt,
            "text": text,
            "score": score,
            "breakdown": parts,
            "finish_reason": FINISH_REASONS[ended],
            "example_id": self._example_id,
        }
