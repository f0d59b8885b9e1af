"""The scorers: one file each; the file's name is the scorer's name."""

from textgym.registry import Registry

registry = Registry(__name__, group="textgym.scorers")
__getattr__ = registry.attribute
