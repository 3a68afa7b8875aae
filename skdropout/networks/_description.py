"""What a network is made of, in words."""

from typing import Any


class Layer:
    """One layer of a description: the name of its class, its own name, and its options."""

    def __init__(self, kind: str, name: str, **options: Any) -> None:
        self.kind, self.name, self.options = kind, name, options
