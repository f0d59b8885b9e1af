"""The commands of ``textgym``: one file each; the file's name is the command."""

from textgym.registry import Registry

registry = Registry(__name__, group="textgym.commands")
