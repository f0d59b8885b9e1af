"""The networks: one file each; the file's name is the policy's name."""

from textgym.registry import Registry

registry = Registry(__name__, group="textgym.policies", exclude=("base",))
registry.kind = "policy"
__getattr__ = registry.attribute
