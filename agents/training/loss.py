"""The policy gradient, term by term."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from agents.policies.base import Policy
from agents.training.batch import Batch
from agents.training.legal import legal_logits
from textgym.episode import Episodes


@dataclass(frozen=True)
class Likelihood:
    """What the policy says of finished texts; 0 after their ends.

    Attributes:
        log_probs: float[N, T], of the tokens that were chosen.
        entropies: float[N, T], of the distributions they were chosen from, in nats.
    """

    log_probs: Tensor
    entropies: Tensor


def likelihood(policy: Policy, batch: Batch, episodes: Episodes) -> Likelihood:
    """Reads every text once, under the same action masks as when it was sampled."""
    mask = batch.mask()  # [N, T]
    features = policy.features(batch.sequences()[:, :-1])  # [N, P + T - 1, H]
    rows, steps = mask.nonzero(as_tuple=True)
    before = batch.columns()[mask] - 1  # the place of the token before each
    logits = policy.head(features[rows, before])  # [tokens, V]
    log_probs = legal_logits(logits, steps, episodes).log_softmax(-1)
    chosen = log_probs.gather(1, batch.tokens[mask][:, None])[:, 0]
    entropies = -(log_probs.exp() * log_probs).sum(1)
    blank = logits.new_zeros(mask.shape)
    return Likelihood(blank.masked_scatter(mask, chosen), blank.masked_scatter(mask, entropies))


def leave_one_out(returns: Tensor) -> Tensor:
    """Each return less the mean of the others of its group, float[G, k] -> float[G, k].

    The baseline does not depend on the text it is subtracted from, so the gradient stays unbiased
    (Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!").
    """
    others = (returns.sum(1, keepdim=True) - returns) / (returns.shape[1] - 1)
    return returns - others
