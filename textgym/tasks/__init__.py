"""The tasks: one file each; the file's name is the task's name."""

from textgym.registry import Registry

registry = Registry(__name__, group="textgym.tasks")
__getattr__ = registry.attribute
