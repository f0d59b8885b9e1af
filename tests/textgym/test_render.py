"""What a person sees of an episode."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import RecordVideo
from sample_task import LINES, TASK

from textgym.env import TextGenEnv
from textgym.render import Page, draw, escape, to_ansi
from textgym.vector import TextGenVectorEnv
from textgym.vocab import CharVocab

ANSWER = [*TASK.vocab.encode(TASK[0].references[0]), 0]


def written(env, tokens=ANSWER):
    env.reset(seed=0, options={"example": 0})
    for token in tokens:
        env.step(token)
    return env


def test_ansi_shows_prompt_and_text_and_at_the_end_the_score_and_its_parts():
    env = TextGenEnv(TASK, "bleu + 0.3*length(8)", render_mode="ansi")
    assert written(env, []).render() == "A bird | \n"
    assert written(env, ANSWER[:2]).render() == "A bird | in the\n"
    words = len(TASK[0].references[0].split())
    length = 1 - abs(words - 8) / 8
    assert written(env).render() == (
        "A bird | in the hand is worth two in the bush.\n"
        f"score {1 + 0.3 * length:.3f} (bleu 1.000, length {length:.3f}), finished by eos\n"
    )


def test_human_prints_each_token_once_and_the_score(capsys):
    env = TextGenEnv(TASK, "bleu", render_mode="human")
    written(env, ANSWER[:3])
    assert capsys.readouterr().out == "A bird in the hand"
    written(env)
    assert capsys.readouterr().out == (
        "\nA bird in the hand is worth two in the bush.\n"
        "score 1.000 (bleu 1.000), finished by eos\n"
    )
    written(env, [0])
    assert capsys.readouterr().out == "A bird \nscore 0.000 (bleu 0.000), finished by eos\n"
    assert env.render() is None


def test_human_prints_text_that_looks_like_markup_as_it_is(capsys):
    task = type(TASK)(["[bold]a :dog: [/bold] b", "[red]x :smile: y z"])
    env = TextGenEnv(task, "bleu", render_mode="human")
    for i in range(2):
        env.reset(options={"example": i})
        for token in [*task.vocab.encode(task[i].references[0]), 0]:
            env.step(token)
    out = capsys.readouterr().out
    assert "[bold]a :dog: [/bold] b\n" in out and "[red]x :smile: y z\n" in out


def test_a_token_without_text_does_not_print_the_prompt_again(capsys):
    task = type(TASK)(vocab=CharVocab.from_texts(LINES))
    env = TextGenEnv(task, "bleu", render_mode="human", max_new_tokens=20)
    env.reset(options={"example": 0})
    for token in task.vocab.encode(" in"):
        env.step(token)
    assert capsys.readouterr().out == "A bird in"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[2Jb", "a\\u001b[2Jb"),
        ("a\nb\r\t\x00", "a\\u000ab\\u000d\\u0009\\u0000"),
        ("\ud800", "\\ud800"),
        ("x\u202ey\u2066z\u200f", "x\\u202ey\\u2066z\\u200f"),
        ("\u2028\x85\x9b", "\\u2028\\u0085\\u009b"),
        ("😀\u200d🔥 naïve שלום 猫", "😀\u200d🔥 naïve שלום 猫"),
    ],
)
def test_control_and_reordering_characters_are_escaped(raw, shown):
    assert escape(raw) == shown
    assert to_ansi(Page(raw, raw)) == f"{shown} | {shown}\n"


def test_the_picture_shows_the_text_and_the_score():
    blank, page = draw(Page("", "")), draw(Page("A bird", "in the hand", "eos", 0.5, {"bleu": 0.5}))
    assert page.shape == (240, 640, 3) and page.dtype == np.uint8
    assert (blank == 255).all()
    ink = (page < 200).any(axis=(1, 2))
    assert ink[:32].any() and ink[32:60].any() and ink[-32:].any()
    assert draw(Page("word " * 999, "\x1b" * 999)).shape == page.shape


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_record_video_writes_a_film(tmp_path):
    env = gym.make("TextGen-BLEU-v0", task=TASK, render_mode="rgb_array")
    env = RecordVideo(env, str(tmp_path), episode_trigger=lambda episode: True)
    written(env)
    env.close()
    (film,) = tmp_path.glob("*.mp4")
    from moviepy import VideoFileClip

    with VideoFileClip(str(film)) as clip:
        assert clip.size == [640, 240]
        assert round(clip.duration * env.metadata["render_fps"]) == len(ANSWER) + 1
        last = clip.get_frame(clip.duration - 0.01)
    picture = env.unwrapped.render()
    assert np.abs(last.astype(int) - picture).mean() < 8  # the film is compressed


@pytest.mark.parametrize("mode", [None, "ansi", "rgb_array"])
def test_the_vector_environment_renders_every_row(mode):
    env = TextGenVectorEnv(2, TASK, "bleu", render_mode=mode)
    env.reset(seed=0, options={"example": 0})
    env.step([ANSWER[0], 0])
    shown = env.render()
    if mode is None:
        assert shown is None
    elif mode == "ansi":
        done = "A bird | \nscore 0.000 (bleu 0.000), finished by eos\n"
        assert shown == ("A bird | in\n", done)
    else:
        assert np.array_equal(shown[0], draw(Page("A bird", "in")))
    env.step([2, 2])
    if mode == "ansi":
        assert env.render()[1].endswith("| \n")
