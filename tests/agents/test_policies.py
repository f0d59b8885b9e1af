import numpy as np
import pytest
import torch

from agents.policies import registry
from agents.policies.base import left_aligned
from agents.policies.transformer import TooLong
from textgym.vector import TextGenVectorEnv

VOCAB, LONGEST = 30, 24


@pytest.fixture(params=registry.names())
def policy(request):
    torch.manual_seed(0)
    return registry.create(request.param, VOCAB, 0, LONGEST).eval()


def test_incremental_logits_equal_those_of_the_whole_sequence(policy):
    tokens = torch.randint(1, VOCAB, (5, 9))
    lengths = torch.tensor([1, 2, 3, 4, 4])
    whole = policy(tokens)  # [5, 9, V]
    features, state = policy.prefill(tokens[:, :4], lengths)
    rows = torch.arange(5)
    torch.testing.assert_close(policy.head(features), whole[rows, lengths - 1])
    for step in range(5):
        features, state = policy.advance(tokens[rows, lengths + step], state)
        torch.testing.assert_close(policy.head(features), whole[rows, lengths + step])


@torch.no_grad()
def test_steps_in_an_environment_equal_reading_each_window_anew(policy):
    env = TextGenVectorEnv(6, "proverbs", max_new_tokens=5)
    torch.manual_seed(1)
    policy = registry.create(
        type(policy).__name__.lower(), len(env.vocab), env.vocab.pad_id, 64
    ).eval()
    observations, _ = env.reset(seed=3)
    rng, state, reset = np.random.default_rng(0), None, torch.ones(6, dtype=torch.bool)
    for _ in range(14):  # rows end and begin anew at different times
        seen = torch.from_numpy(observations)
        logits, state = policy.step(seen, reset, state)
        fresh, _ = policy.step(seen, reset, None)
        torch.testing.assert_close(logits[~ended(reset, env)], fresh[~ended(reset, env)])
        actions = np.where(rng.random(6) < 0.3, 0, rng.integers(2, len(env.vocab), 6))
        before = env._ended.copy()
        observations, _, _, _, _ = env.step(actions)
        reset = torch.from_numpy(before)


def ended(reset, env):
    """Rows that are over: their windows end in padding, and nobody reads their logits."""
    return torch.from_numpy(env._ended)


def test_what_comes_later_does_not_change_earlier_logits(policy):
    tokens = torch.randint(1, VOCAB, (2, 8))
    changed = tokens.clone()
    changed[:, 5:] = 7
    torch.testing.assert_close(policy(tokens)[:, :5], policy(changed)[:, :5])


def test_one_more_token_costs_the_same_after_long_and_short_prompts(policy):
    """The network is called on one token, whatever came before."""
    seen = []
    policy.embedding.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].numel()))
    _, state = policy.prefill(torch.randint(1, VOCAB, (1, 20)), torch.tensor([20]))
    policy.advance(torch.tensor([4]), state)
    assert seen == [20, 1]


def test_left_aligned_undoes_the_padding():
    windows = torch.tensor([[0, 0, 3, 4], [1, 2, 3, 4], [0, 0, 0, 9]])
    tokens, lengths = left_aligned(windows, 0)
    assert lengths.tolist() == [2, 4, 1]
    assert [row[:n].tolist() for row, n in zip(tokens, lengths, strict=True)] == [
        [3, 4],
        [1, 2, 3, 4],
        [9],
    ]


def test_a_window_of_padding_alone_is_one_token():
    """An empty prompt where BOS is also the padding, as in GPT-2."""
    tokens, lengths = left_aligned(torch.tensor([[0, 0, 0], [0, 0, 5]]), 0)
    assert lengths.tolist() == [1, 1]
    assert tokens[:, 0].tolist() == [0, 5]


def test_an_empty_prompt_is_read_alike_when_acting_and_when_learning(policy):
    learnt = policy(torch.tensor([[0, 4]]))  # what the loss sees: BOS, then a token
    logits, state = policy.step(torch.tensor([[0, 0, 0]]), torch.tensor([True]), None)
    torch.testing.assert_close(logits, learnt[:, 0])
    logits, _ = policy.step(torch.tensor([[0, 0, 4]]), torch.tensor([False]), state)
    torch.testing.assert_close(logits, learnt[:, 1])


def test_a_wide_window_costs_a_transformer_nothing_and_a_long_text_is_refused():
    policy = registry.create("transformer", VOCAB, 0, 4)
    wide = torch.zeros(1, 50, dtype=torch.long)
    wide[0, -3:] = torch.tensor([5, 6, 7])
    logits, state = policy.step(wide, torch.tensor([True]), None)
    torch.testing.assert_close(logits, policy(wide[:, -3:])[:, -1])
    _, state = policy.step(wide, torch.tensor([False]), state)
    with pytest.raises(TooLong, match="reads 4 tokens; got 5"):
        policy.step(wide, torch.tensor([False]), state)
    with pytest.raises(TooLong, match="reads 4 tokens; got 50"):
        policy(torch.ones_like(wide))
