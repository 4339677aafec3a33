# Blender's module has no types of its own: whatever comes from it is Any.
from typing import Any

def __getattr__(name: str) -> Any: ...  # noqa: ANN401
