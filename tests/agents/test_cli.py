import re
import sys

import pytest

import agents
import textgym
from agents.cli import main
from agents.commands import registry as commands
from agents.commands import train as train_command
from agents.policies import registry as policies
from agents.training import checkpoint
from textgym.scorers import registry as scorers
from textgym.tasks import registry as tasks

SMALL = ["--timesteps", "3000", "--set", "explore=4", "--set", "prompts=8", "--show", "2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint of the default agent, hardly trained."""
    out = tmp_path_factory.mktemp("runs") / "first"
    assert main(["train", *SMALL, "--out", str(out)]) == 0
    return out


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_list_shows_every_registered_name(capsys):
    assert main(["list"]) == 0
    shown = [line.split()[:2] for line in lines(capsys)]
    kinds = {"task": tasks, "scorer": scorers, "agent": agents.registry, "policy": policies}
    wanted = [["id", name] for name in textgym.IDS]
    wanted += [[kind, name] for kind, registry in kinds.items() for name in registry.names()]
    assert [row for row in wanted if row not in shown] == []


def test_list_says_why_something_cannot_be_imported(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "agents.policies.gru", None)
    assert main(["list"]) == 0
    assert re.search(r"policy +gru +not available: .*gru", "\n".join(lines(capsys)))


@pytest.mark.parametrize("command", commands.names())
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert (commands.load(command).__doc__ or "")[:20] in capsys.readouterr().out


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"^ +{name} ", shown, re.MULTILINE) for name in commands.names())


def test_train_writes_a_checkpoint_and_a_curve(trained):
    _, about = checkpoint.read(trained / "agent", "Reinforce")
    assert about["num_timesteps"] >= 3000 and about["settings"]["explore"] == 4
    assert (trained / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_train_prints_scores_and_texts_before_and_after(tmp_path, capsys):
    """On prompts of training and on held-out ones, and it says which are which."""
    assert main(["train", *SMALL, "--out", str(tmp_path)]) == 0
    shown = [line for line in lines(capsys) if line.startswith(("before", "after", "  "))]
    heads = [line for line in shown if not line.startswith("  ")]
    number = r"0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]"
    train, held_out = "prompts it trains on", "prompts it never trains on"
    for line, when, texts, what in zip(
        heads, ["before"] * 2 + ["after"] * 2, [40, 50] * 2, [train, held_out] * 2, strict=True
    ):
        assert re.fullmatch(
            rf"{when} +{number} \({texts} texts on {texts} examples\), {what}", line
        )
    assert [line.startswith("  ") for line in shown] == [False, True, True] * 4
    prompts = [{textgym.task("proverbs", split=s)[i].prompt for i in range(40)} for s in SPLITS]
    written = [line.split("  ")[-1].split(" |")[0] for line in shown if line.startswith("  ")]
    assert [text in prompts[0] for text in written] == [True, True, False, False] * 2
    assert set(written) <= prompts[0] | prompts[1] | {
        textgym.task("proverbs", split="validation")[i].prompt for i in range(50)
    }


SPLITS = ("train", "validation")


def test_train_on_another_split_compares_with_no_held_out_prompts(tmp_path, capsys):
    assert main(["train", *SMALL, "--split", "validation", "--out", str(tmp_path)]) == 0
    assert "never" not in capsys.readouterr().out


def test_a_warm_start_is_reported(tmp_path, capsys):
    assert main(["train", *SMALL, "--imitate", "2", "--out", str(tmp_path)]) == 0
    assert [line.split()[0] for line in lines(capsys) if " texts on " in line] == [
        name for name in ("before", "imitated", "after") for _ in SPLITS
    ]


def test_the_baseline_is_trained_and_saved_like_any_agent(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["train", "--agent", "uniform", "--timesteps", "10", "--out", str(out)]) == 0
    arguments = ["--agent", "uniform", "--checkpoint", str(out / "agent")]
    assert main(["sample", *arguments, "--count", "3"]) == 0
    assert len(lines(capsys)[-3:]) == 3
    assert not (out / "curve.png").exists()  # it keeps no history


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_checkpoint_is_evaluated_on_every_split(trained, capsys, split):
    arguments = ["evaluate", "--checkpoint", str(trained / "agent"), "--split", split]
    assert main([*arguments, "--episodes", "2", "--scorer", "bleu + 0.5*chrf"]) == 0
    size = 40 if split == "train" else 50
    sampled, greedy = lines(capsys)
    assert sampled.startswith("sampled") and f"({2 * size} texts on {size} examples)" in sampled
    assert greedy.startswith("greedy") and f"({size} texts on {size} examples)" in greedy
    assert re.search(r"bleu 0\.\d{3}  chrf 0\.\d{3}$", sampled)


def test_sample_prints_prompts_texts_and_scores(trained, capsys):
    arguments = ["sample", "--checkpoint", str(trained / "agent"), "--greedy"]
    assert main([*arguments, "--count", "3"]) == 0
    first = lines(capsys)
    assert len(first) == 3
    task = textgym.task("proverbs")
    assert first[0].split("  ")[-1].startswith(f"{task[0].prompt} | ")
    assert first[2].split("  ")[-1].startswith(f"{task[39].prompt} | ")
    assert main([*arguments, "--count", "3"]) == 0
    assert lines(capsys) == first


def answers(monkeypatch, *given):
    """``input`` that gives these lines, then the end of the file."""
    todo = list(given)

    def read(_):
        if not todo:
            raise EOFError
        return todo.pop(0)

    monkeypatch.setattr("builtins.input", read)


def test_play_scores_what_a_person_writes(monkeypatch, capsys):
    task = textgym.task("proverbs(size=1)")
    answers(monkeypatch, *task[0].references[0].split(" "), "")
    assert main(["play", "--task", "proverbs(size=1)", "--seed", "1"]) == 0
    shown = lines(capsys)
    assert shown[0].rstrip() == f"{task[0].prompt} |"
    assert shown[-2] == f"{task[0].prompt} | {task[0].references[0]}"
    assert shown[-1].startswith("score 1.000")


def test_play_takes_token_ids_and_says_what_it_cannot_read(monkeypatch, capsys):
    word = textgym.task("proverbs").vocab.encode("time")[0]
    answers(monkeypatch, "#99999", "#x", "zyzzyva", f"#{word} 0")
    assert main(["play"]) == 0
    shown = "\n".join(lines(capsys))
    assert "99999: no token ids; they are 0.." in shown and "x: no token ids" in shown
    assert "does not know all of that" in shown
    assert re.search(r"\| <unk> time\nscore 0\.\d+ .*finished by eos", shown)


def test_play_ends_with_the_input(monkeypatch):
    answers(monkeypatch)
    assert main(["play"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "TextGen-BLUE-v0"], "Did you mean 'TextGen-BLEU-v0'"),
        (["train", "--agent", "reinforced"], "Did you mean 'reinforce'"),
        (["train", "--task", "proverb"], "Did you mean 'proverbs'"),
        (["train", "--task", "proverbs(size=-1)"], "size=-1"),
        (["train", "--scorer", "blue"], "Did you mean 'bleu'"),
        (["train", "--split", "trian"], "Did you mean 'train'"),
        (["train", "--set", "explor=4"], "Did you mean 'explore'"),
        (["train", "--set", "policy=grue"], "Did you mean 'gru'"),
        (["train", "--set", "samples=1"], "samples=1"),
        (["train", "--set", "learning_rate=high"], "learning_rate='high'"),
        (["train", "--max-new-tokens", "0"], "max_new_tokens=0"),
        (["train", "--agent", "uniform", "--imitate", "1"], "leave out --imitate"),
        (["evaluate", "--checkpoint", "nowhere"], "nowhere"),
        (["sample", "--agent", "uniform", "--checkpoint", "nowhere"], "nowhere"),
        (["play", "--task", "proverbsy"], "Did you mean 'proverbs'"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_1(
    arguments, message, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("textgym: ") and error.count("\n") == 1
    assert message in error


@pytest.mark.parametrize(
    "arguments", [["trian"], ["sample", "--count", "0"], ["train", "--set", "explore"], []]
)
def test_misuse_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_checkpoint_of_another_agent_or_vocabulary_is_refused(trained, capsys):
    """FAULTS 41."""
    saved = ["--checkpoint", str(trained / "agent")]
    assert main(["evaluate", "--agent", "uniform", *saved]) == 1
    assert "'Reinforce', not 'Uniform'" in capsys.readouterr().err
    assert main(["evaluate", "--task", "chess", *saved]) == 1
    assert re.search("vocabulary.*TextGen-BLEU-v0.*proverbs", capsys.readouterr().err)


def test_a_folder_in_the_way_is_found_before_learning(tmp_path, capsys, monkeypatch):
    (tmp_path / "agent").mkdir()
    monkeypatch.setattr(train_command, "learn", lambda *_: pytest.fail("it learned"))
    assert main(["train", "--out", str(tmp_path)]) == 1
    assert "choose another" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["train", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
