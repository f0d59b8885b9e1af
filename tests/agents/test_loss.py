import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import ROWS, exact_value, tiny_env

from agents import Reinforce
from agents.base import vectorised
from agents.training.loss import leave_one_out, likelihood
from agents.training.rollout import sample


def flat_gradient(value, policy):
    grads = torch.autograd.grad(value, list(policy.parameters()), allow_unused=True)
    pairs = zip(grads, policy.parameters(), strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in pairs])


@pytest.mark.parametrize("name", ["gru", "transformer"])
def test_the_gradient_estimate_converges_to_that_of_the_exact_value(name):
    """Williams 1992: E[(R - b) grad log p] is the gradient of the expected return."""
    agent = Reinforce(tiny_env(), policy=name, memory=0, samples=1000, seed=1)
    exact = flat_gradient(exact_value(agent.policy, agent.episodes), agent.policy)
    env = vectorised(agent.episodes, 3 * 1000)
    estimates = []
    for _ in range(10):
        rollout = sample(agent.policy, env, np.repeat(ROWS, 1000), agent.generator)
        loss, _ = agent.objective.policy_gradient(agent.policy, rollout, 1000, 0.0)
        estimates.append(flat_gradient(-loss, agent.policy))
    mean = torch.stack(estimates).mean(0)
    cosine = torch.nn.functional.cosine_similarity(mean, exact, dim=0)
    assert cosine > 0.97
    assert abs(float(mean.norm() / exact.norm()) - 1) < 0.15


def test_log_probs_of_all_texts_sum_to_one():
    agent = Reinforce(tiny_env(), memory=0)
    size = len(agent.episodes.vocab)
    texts = [(0, 0)] + [(a, b) for a in range(1, size) for b in range(size)]
    tokens = np.array(texts)
    lengths = np.where(tokens[:, 0] == 0, 1, 2)
    batch = agent.objective.prompts.with_texts(np.zeros(len(texts), int), tokens, lengths)
    said = likelihood(agent.policy, batch, agent.episodes)
    assert float(said.log_probs.sum(1).exp().sum().detach()) == pytest.approx(1, abs=1e-5)


def test_the_loss_uses_the_masks_of_sampling():
    agent = Reinforce(tiny_env(min_new_tokens=1), memory=0)
    size = len(agent.episodes.vocab)
    tokens = np.array([(a, b) for a in range(1, size) for b in range(size)])
    batch = agent.objective.prompts.with_texts(
        np.zeros(len(tokens), int), tokens, np.full(len(tokens), 2)
    )
    said = likelihood(agent.policy, batch, agent.episodes)
    assert float(said.log_probs.sum(1).exp().sum().detach()) == pytest.approx(1, abs=1e-5)
    rollout = sample(
        agent.policy, vectorised(agent.episodes, 60), np.zeros(60, int), agent.generator
    )
    assert (rollout.tokens[:, 0] != 0).all()


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=4))
def test_leave_one_out_advantages_of_a_group_sum_to_zero(returns):
    advantages = leave_one_out(torch.tensor(returns, dtype=torch.float64))
    assert torch.allclose(advantages.sum(1), torch.zeros(len(returns), dtype=torch.float64))


def test_constant_rewards_give_zero_advantages():
    """FAULTS 46."""
    assert (leave_one_out(torch.full((2, 4), 0.7)).abs() < 1e-6).all()
