import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from tiny import Echo, exact_value, tiny_env

from agents import Reinforce, evaluate
from agents.policies import registry as policies
from agents.policies.base import Policy
from agents.training.imitation import References, nats_per_token
from agents.training.settings import Settings
from textgym.env import TextGenEnv
from textgym.errors import TextGymError
from textgym.types import Example
from textgym.vector import TextGenVectorEnv

STEADY = {"samples": 32, "learning_rate": 1e-3}
SMALL = {"prompts": 8, "samples": 4, "explore": 8, "memory": 4}


def weights(agent):
    return torch.cat([p.detach().flatten() for p in agent.policy.parameters()])


@pytest.mark.parametrize("policy", policies.names())
@pytest.mark.parametrize("memory", [0, 8])
def test_learns_the_tiny_task_from_every_seed(policy, memory):
    for seed in range(3):
        sizes = {"width": 32, "layers": 1} if policy == "transformer" else {}
        few = {"memory": memory, "explore": 8, "policy_kwargs": sizes, **STEADY}
        agent = Reinforce(tiny_env(), policy=policy, seed=seed, **few)
        agent.learn(20_000)
        assert exact_value(agent.policy, agent.episodes) > 0.95


@pytest.mark.slow
def test_memory_gets_past_where_plain_reinforce_stops():
    """Premature convergence: after the same number of sampled texts, three seeds each."""
    env = TextGenEnv("proverbs(size=10)", "bleu")
    finals = {}
    for memory in (0, 16):
        scores = []
        for seed in range(3):
            agent = Reinforce(env, memory=memory, seed=seed)
            updates = 120
            agent.learn(10**9, lambda a, _, n=updates: len(a.history) < n)
            scores.append(np.mean([row["reward"] for row in agent.history[-10:]]))
        finals[memory] = scores
    assert min(finals[16]) > max(finals[0]) + 0.2, finals


def test_the_same_seed_gives_the_same_weights_to_the_bit():
    runs = [Reinforce(TextGenEnv("proverbs"), seed=seed, **SMALL).learn(3000) for seed in (5, 5, 6)]
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))
    strip = [[{**row, "seconds": 0} for row in run.history] for run in runs]
    assert strip[0] == strip[1]


@pytest.mark.parametrize("policy", policies.names())
def test_a_loaded_agent_goes_on_as_if_it_had_never_stopped(tmp_path, policy):
    """The bonus for entropy fades in the course of one ``learn``, so both runs make two."""
    whole = Reinforce("TextGen-BLEU-v0", policy=policy, **SMALL).learn(2000)
    whole.save(tmp_path / "agent")
    whole.learn(2000)
    resumed = Reinforce.load(tmp_path / "agent").learn(2000)
    assert torch.equal(weights(whole), weights(resumed))
    assert whole.num_timesteps == resumed.num_timesteps
    assert len(whole.history) == len(resumed.history)


def test_another_vocabulary_is_refused(tmp_path):
    """FAULTS 41."""
    Reinforce("TextGen-BLEU-v0", **SMALL).save(tmp_path / "agent")
    with pytest.raises(ValueError, match="vocabulary"):
        Reinforce.load(tmp_path / "agent", tiny_env())


def test_an_agent_of_an_object_asks_for_its_environment(tmp_path):
    agent = Reinforce(tiny_env(), **SMALL)
    agent.save(tmp_path / "agent")
    with pytest.raises(ValueError, match="env="):
        Reinforce.load(tmp_path / "agent")
    loaded = Reinforce.load(tmp_path / "agent", tiny_env())
    assert torch.equal(weights(agent), weights(loaded))


def test_predictions_with_and_without_a_state_are_equal():
    agent = Reinforce("TextGen-BLEU-v0", **SMALL)
    env = TextGenEnv("proverbs")
    observation, _ = env.reset(seed=0)
    state, over = None, False
    while not over:
        action, state = agent.predict(observation, state, deterministic=True)
        assert action == agent.predict(observation, deterministic=True)[0]
        observation, _, over, _, _ = env.step(action)


def test_stable_baselines3_can_evaluate_it():
    agent = Reinforce("TextGen-BLEU-v0", **SMALL)
    env = Monitor(TextGenEnv("proverbs"))
    mean, _ = evaluate_policy(agent, env, n_eval_episodes=5, warn=False)
    assert 0 <= mean <= 1


def test_min_new_tokens_are_respected_everywhere():
    env = TextGenEnv("proverbs", min_new_tokens=3)
    agent = Reinforce(env, **SMALL).learn(2000)
    evaluate(agent, env, deterministic=True)
    evaluate(agent, env, 2)


def test_imitation_lowers_the_held_out_loss_and_keeps_the_best_weights():
    train, held_out = (TextGenEnv("proverbs(size=400)", split=s) for s in ("train", "validation"))
    agent = Reinforce(train, seed=0)
    references = References(agent.episodes.__class__(held_out.task, "bleu"))
    before = nats_per_token(agent, references)
    losses = agent.imitate(8, validation=held_out).losses
    after = nats_per_token(agent, references)
    assert after < before - 0.5
    assert after == pytest.approx(min(row["validation"] for row in losses), abs=1e-4)


def test_imitated_references_are_written_back():
    env = TextGenEnv("proverbs(size=10)", "bleu")
    agent = Reinforce(env, seed=0).imitate(200, batch_size=10)
    assert evaluate(agent, env, deterministic=True).mean == pytest.approx(1)


def test_a_gradient_that_is_not_finite_stops_before_the_weights_change():
    """FAULTS 45."""
    agent = Reinforce(tiny_env(), **SMALL)
    before = weights(agent)
    with pytest.raises(FloatingPointError, match="learning_rate"):
        agent.step(agent.policy.embedding.weight.sum() * float("nan"))
    assert torch.equal(weights(agent), before)


def test_the_share_of_groups_without_spread_is_logged():
    """FAULTS 46."""
    agent = Reinforce(TextGenEnv("proverbs", "length(target=999)"), memory=0).learn(100)
    assert 0 <= agent.history[0]["no_spread"] <= 1


class Short(Policy):
    """Knows one token less than it should."""

    def __init__(self, vocab_size, pad_id, max_length):
        super().__init__(vocab_size - 1, pad_id)

    features = head = prefill = advance = None


def test_a_policy_with_too_few_tokens_is_refused(monkeypatch):
    """FAULTS 10."""
    monkeypatch.setattr(policies, "create", lambda name, *args, **kwargs: Short(*args))
    with pytest.raises(ValueError, match=r"knows \d+ tokens"):
        Reinforce("TextGen-BLEU-v0")


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"samples": 1}, "samples=1"),
        ({"explore": -1}, "explore"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"policy": "gro"}, "gru"),
        ({"learning_rate": float("nan")}, "learning_rate=nan"),
        ({"learning_rate": "high"}, "learning_rate='high' must be a number"),
        ({"prompts": 2.5}, "prompts=2.5 must be a whole number"),
        ({"memory": True}, "memory=True"),
        ({"seed": -1}, "seed=-1"),
        ({"learning_rat": 1}, "learning_rate"),
        ({"policy_kwargs": {"hiden_size": 3}}, "hidden_size"),
    ],
)
def test_wrong_settings_are_named(wrong, names):
    with pytest.raises(TextGymError, match=names):
        Reinforce("TextGen-BLEU-v0", **wrong)


@pytest.mark.parametrize("policy", policies.names())
@pytest.mark.parametrize(
    "other",
    [
        {"split": "validation"},
        {"task": "proverbs(size=50)", "scorer": "chrf"},
        {"max_new_tokens": 5},
        {"min_new_tokens": 2},
    ],
)
def test_elsewhere_the_weights_are_kept_and_what_is_remembered_is_not(tmp_path, policy, other):
    agent = Reinforce(TextGenEnv("proverbs(size=50)"), policy=policy, **SMALL).learn(2000)
    assert (agent.memory.scores > 0).any()
    agent.save(tmp_path / "agent")
    env = TextGenEnv(
        **{"task": "proverbs(size=50)" if "split" not in other else "proverbs", **other}
    )
    assert Reinforce.load(tmp_path / "agent", TextGenEnv("proverbs(size=50)")).memory.scores.any()
    loaded = Reinforce.load(tmp_path / "agent", env)
    assert torch.equal(weights(loaded), weights(agent))
    assert (loaded.memory.scores == -1).all() and loaded.order == []
    loaded.learn(500)


def test_the_same_rules_in_another_environment_keep_the_memory(tmp_path):
    agent = Reinforce("TextGen-BLEU-v0", **SMALL).learn(2000)
    agent.save(tmp_path / "agent")
    loaded = Reinforce.load(tmp_path / "agent", TextGenVectorEnv(2))
    np.testing.assert_array_equal(loaded.memory.scores, agent.memory.scores)
    assert loaded.order == agent.order


@pytest.mark.parametrize(
    "made", [gym.make, lambda *args, **kwargs: gym.make_vec(*args, 2, **kwargs)]
)
def test_an_agent_of_an_id_finds_its_environment_again(tmp_path, made):
    env = made("TextGen-BLEU-v0", task="proverbs(size=5)", max_new_tokens=7)
    Reinforce(env, **SMALL).save(tmp_path / "agent")
    rules = Reinforce.load(tmp_path / "agent").episodes
    assert (rules.size, rules.max_new_tokens) == (5, 7)


def test_the_time_of_a_second_run_follows_that_of_the_first(tmp_path):
    agent = Reinforce("TextGen-BLEU-v0", **SMALL).learn(1000)
    agent.history[-1]["seconds"] = 1000.0
    agent.save(tmp_path / "agent")
    agent = Reinforce.load(tmp_path / "agent").learn(1000)
    seconds = [row["seconds"] for row in agent.history]
    assert seconds == sorted(seconds) and 1000 < seconds[-1] < 2000


def test_without_references_there_is_nothing_to_imitate():
    task = Echo()
    task.__class__ = type("Silent", (Echo,), {"__getitem__": lambda _, i: Example(f"say {i}")})
    agent = Reinforce(TextGenEnv(task, "length"), **SMALL)
    with pytest.raises(TextGymError, match="no references"):
        agent.imitate(1)


def test_a_callback_stops_learning():
    agent = Reinforce("TextGen-BLEU-v0", **SMALL)
    agent.learn(10**9, lambda a, stats: stats["timesteps"] < 500)
    assert 500 <= agent.num_timesteps < 3000


def test_observations_of_any_whole_numbers_are_read():
    agent = Reinforce("TextGen-BLEU-v0", **SMALL)
    window = np.zeros((2, 9), np.int64)
    window[:, -1] = 5
    window.flags.writeable = False
    wanted = agent.predict(window, deterministic=True)[0]
    for other in (window.astype(np.int32), window.tolist()):
        assert (agent.predict(other, deterministic=True)[0] == wanted).all()


def test_settings_can_be_passed_as_one_object():
    agent = Reinforce("TextGen-BLEU-v0", Settings(samples=4), seed=3)
    assert (agent.settings.samples, agent.settings.seed) == (4, 3)


def test_evaluating_in_between_does_not_change_what_is_learned():
    asked, left_alone = (Reinforce("TextGen-BLEU-v0", seed=1, **SMALL) for _ in range(2))
    for agent in (asked, left_alone):
        agent.learn(1000)
        if agent is asked:
            evaluate(agent, "TextGen-BLEU-v0", examples=range(5))
        agent.learn(1000)
    assert torch.equal(weights(asked), weights(left_alone))
