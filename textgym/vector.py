"""``TextGenVectorEnv``: many texts at once, stepped and scored as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from textgym.episode import (
    EOS,
    FINISH_REASONS,
    LENGTH,
    Episodes,
    Flags,
    Shaping,
    Tokens,
    reject_unknown,
    whole,
)
from textgym.render import Page, check_render_mode, draw, to_ansi
from textgym.result import Infos, Result
from textgym.rows import Rows
from textgym.scoring import Scorer, Scores
from textgym.types import Task, Vocab


class TextGenVectorEnv(VectorEnv[Tokens, Tokens, npt.NDArray[Any]]):
    """``num_envs`` episodes of ``TextGenEnv`` side by side.

    Same seeds and actions give the same observations, rewards and infos as ``SyncVectorEnv`` over
    ``TextGenEnv``, many times faster: a step is a few array operations whatever the vocabulary
    and the length of the texts, and all texts that end in a step are scored in one call.

    Rows that ended start anew in the next step (``AutoresetMode.NEXT_STEP``; that step's action
    is ignored and pays 0), in the same step (``SAME_STEP``) or when ``reset`` is called with
    ``options={"reset_mask": rows}`` (``DISABLED``).
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["ansi", "rgb_array"],
        "render_fps": 4,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        task: str | Task = "proverbs",
        scorer: str | Scorer = "bleu",
        *,
        split: str | None = None,
        context_length: int | None = None,
        max_new_tokens: int | None = None,
        min_new_tokens: int = 0,
        shaping: Shaping | None = None,
        truncate_prompts: bool = False,
        texts: bool = True,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **unknown: Any,
    ) -> None:
        """Builds the environments.

        Beside the arguments of ``TextGenEnv`` there are ``num_envs``, the number of rows N;
        ``texts``, where False leaves ``prompt`` and ``text`` out of the infos, which saves
        decoding; and ``autoreset_mode``, when a row that ended starts anew.
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
        self.num_envs, self.texts = whole("num_envs", num_envs, at_least=1), texts
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}  # type: ignore[misc]
        self.single_observation_space = self.episodes.observation_space
        self.single_action_space = self.episodes.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._rows = Rows(num_envs, self.episodes)
        self._on_tokens = self.scorer.on_tokens(self.task)
        self._prompts = np.array([self.task[i].prompt for i in range(len(self.task))], dtype=object)
        self._all_rows = np.ones(num_envs, np.bool_)
        self._blank = np.full(num_envs, "", dtype=object)
        self._ended = self._all_rows.copy()
        self._potentials = np.zeros(num_envs)
        self._last: Result | None = None

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

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """What each row was seeded with, as ``SyncVectorEnv`` has it; -1 before a reset."""
        return tuple(self._rows.seeds)

    def action_masks(self) -> Flags:
        """bool[N, V]: the tokens that are legal now in each row."""
        mask = np.repeat(self.episodes.legal[None], self.num_envs, axis=0)
        if self.episodes.eos_id >= 0:
            mask[:, self.episodes.eos_id] = ~self.episodes.eos_too_early(self._rows.lengths)
        return mask

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Tokens, Infos]:
        """Starts an episode in every row.

        Args:
            seed: Row ``i`` gets ``seed + i``, as in Gymnasium's vector environments, or its own
                entry of a sequence.
            options: ``{"example": i}`` or ``{"example": int64[N]}`` asks for examples;
                ``{"reset_mask": bool[N]}`` leaves the other rows as they are.

        Returns:
            Observations int64[N, context_length] and infos, which speak of the rows reset.
        """
        asked = self.episodes.check_options(options, ("example", "reset_mask"), (self.num_envs,))
        mask = self._checked_mask((options or {}).get("reset_mask"))
        seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, int) else seed
        if seeds is not None and len(seeds) != self.num_envs:
            raise ValueError(f"Pass {self.num_envs} seeds, one a row; got {len(seeds)}.")
        rows = np.flatnonzero(mask)
        for row in rows.tolist():
            self._rows.seed(row, None if seeds is None else seeds[row])
        self._begin(rows, None if asked is None else asked[rows])
        self._ended[rows] = False
        self._last = self._nothing()
        return self._rows.windows(), self._infos(self._last, mask)

    def step(self, actions: Any) -> tuple[Tokens, Scores, Flags, Flags, Infos]:
        """Appends one token to every row.

        Args:
            actions: int[N]; those of rows that start anew in this step are not looked at.

        Returns:
            Observations int64[N, context_length], rewards float64[N], terminations bool[N],
            truncations bool[N] (all False), infos.

        Raises:
            ResetNeeded: No reset yet, or (``DISABLED``) a row has ended and was not reset.
            InvalidAction: An action is no legal token; no row has changed.
        """
        anew = self._check_running()
        playing = ~self._ended
        tokens = self.episodes.check_actions(actions, self._rows.lengths, playing)
        self._rows.write(tokens)
        result = self._finish(tokens, playing)  # what raises up to here leaves every row as it was
        self._rows.append(tokens)
        if anew:
            self._begin(np.flatnonzero(self._ended))
        rewards = self._rewards(result, playing)
        self._last, self._ended = result, result.ended
        ended, infos = self._ended.copy(), self._infos(result)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and ended.any():
            infos = self._restart(infos)
        return self._rows.windows(), rewards, ended, np.zeros_like(ended), infos

    def render(self) -> tuple[Any, ...] | None:
        """One string or picture per row, or None without a render mode."""
        if self._last is None:
            raise ResetNeeded("There is nothing to show yet; call reset() before render().")
        if self.render_mode is None:
            return None
        paint = draw if self.render_mode == "rgb_array" else to_ansi
        return tuple(paint(self._page(row, self._last)) for row in range(self.num_envs))

    def _check_running(self) -> bool:
        """Whether rows start anew in this step."""
        if self._last is None:
            raise ResetNeeded("No episode is running; call reset() before step().")
        if self.autoreset_mode is AutoresetMode.DISABLED and self._ended.any():
            raise ResetNeeded(
                f"Rows {np.flatnonzero(self._ended).tolist()} have ended; reset them with "
                "options={'reset_mask': ...} before step()."
            )
        return bool(self._ended.any())

    def _checked_mask(self, mask: Flags | None) -> Flags:
        if mask is None:
            return self._all_rows
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"reset_mask must be bool[{self.num_envs}], not all False; got {mask}."
            )
        if self._last is None and not mask.all():
            raise ResetNeeded("The first reset() must start every row; leave out reset_mask.")
        return mask

    def _begin(self, rows: Tokens, example_ids: Tokens | None = None) -> None:
        self._rows.begin(rows, example_ids)
        self._potentials[rows] = 0.0

    def _finish(self, tokens: Tokens, playing: Flags) -> Result:
        """Which rows ``tokens`` end, and the scores of the texts that are to be paid for."""
        result = self._nothing()
        eos = (tokens == self.episodes.eos_id) & playing
        result.ended = eos | ((self._rows.lengths + 1 >= self.episodes.max_new_tokens) & playing)
        rows = np.flatnonzero(playing if self.episodes.shaping else result.ended)
        if len(rows):
            result.reasons[result.ended] = FINISH_REASONS[LENGTH]
            result.reasons[eos] = FINISH_REASONS[EOS]
            lengths = self._rows.lengths[rows] + ~eos[rows]
            written = self._rows.generated(rows, int(lengths.max()))
            self._score(result, rows, written, lengths)
        return result

    def _score(self, result: Result, rows: Tokens, written: Tokens, lengths: Tokens) -> None:
        """Fills in the scores and texts of ``rows``."""
        ids = self._rows.example_ids[rows]
        texts: list[str] = []
        if self.texts or self._on_tokens is None:
            pairs = zip(written, lengths, strict=True)
            texts = [self.episodes.text(tokens[:length]) for tokens, length in pairs]
        if result.texts is not None:
            result.texts[rows] = texts
        if self._on_tokens is None:
            result.scores[rows], parts = self.episodes.evaluate(texts, ids)
        else:
            result.scores[rows], parts = self._on_tokens(written, lengths, ids)
        for name, scores in parts.items():
            result.parts[name][rows] = scores

    def _rewards(self, result: Result, playing: Flags) -> Scores:
        """The rewards, float64[N]; leaves scores and texts of finished rows only in ``result``."""
        if self.episodes.shaping is None:
            return result.scores.copy()
        rewards = np.where(playing, result.scores - self._potentials, 0.0)
        self._potentials = np.where(playing, result.scores, self._potentials)
        result.keep(result.ended)
        return rewards

    def _restart(self, final: Infos) -> Infos:
        """``SAME_STEP``: starts the ended rows anew; the infos carry their last step."""
        ended = self._ended
        final_obs = np.full(self.num_envs, None, dtype=object)
        windows = self._rows.windows()
        for row in np.flatnonzero(ended):
            final_obs[row] = windows[row].copy()
        assert self._last is not None
        final = {"final_obs": final_obs, "_final_obs": ended.copy()}
        final |= {"final_info": self._infos(self._last, ended), "_final_info": ended.copy()}
        self._begin(np.flatnonzero(ended))
        self._last.keep(~ended)
        self._ended = np.zeros_like(ended)
        return {**final, **self._infos(self._last)}

    def _nothing(self) -> Result:
        return Result(self._blank, self.episodes.part_names, self.texts)

    def _infos(self, result: Result, rows: Flags | None = None) -> Infos:
        rows = self._all_rows if rows is None else rows
        return result.infos(self._rows.example_ids, self._prompts, rows)

    def _page(self, row: int, result: Result) -> Page:
        written = self._rows.generated(np.array([row]), int(self._rows.lengths[row]))[0]
        text = self.episodes.text(written[written != self.episodes.eos_id])
        parts = {name: float(scores[row]) for name, scores in result.parts.items()}
        prompt = str(self._prompts[self._rows.example_ids[row]])
        return Page(prompt, text, result.reasons[row], float(result.scores[row]), parts)
