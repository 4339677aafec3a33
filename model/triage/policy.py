"""Reads the triage policy: one data file, checked, hashed, and made ready for fast look-ups."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hazardlens.model.errors import PolicyError
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage.checks import find_faults
from hazardlens.model.triage.schema import PolicyData
from hazardlens.model.triage.text import TextReader

MAX_POLICY_BYTES: Final = 1024 * 1024
SHIPPED_POLICY: Final = Path(__file__).parent / "policy.toml"


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy in service.

    Attributes:
        data: the file's content.
        sha256: of the file's bytes; with the version it names the policy in every stored decision.
        reader: the policy's words, ready to read texts with.
        ranks: category to its place in the order of severity, 0 the gravest.
    """

    data: PolicyData
    sha256: str
    reader: TextReader
    ranks: Mapping[Category, int]

    @property
    def version(self) -> str:
        """The version that people gave it, like "2026.1"."""
        return self.data.version

    @property
    def id(self) -> str:
        """Version and the hash's first 12 digits, as stored with each decision."""
        return f"{self.version}+{self.sha256[:12]}"


def load_policy(path: Path = SHIPPED_POLICY) -> Policy:
    """Read and check a policy file.

    Raises:
        PolicyError: the file cannot be read, is not TOML, or breaks the schema; the message names the key.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_POLICY_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_policy(content, name=path.name)


def parse_policy(content: bytes, *, name: str = "policy.toml") -> Policy:
    """The same for the file's bytes; `name` leads the messages.

    Raises:
        PolicyError: as `load_policy`.
    """
    if len(content) > MAX_POLICY_BYTES:
        raise PolicyError(f"{name}: more than {MAX_POLICY_BYTES} bytes")
    document = _parse_toml(content, name)
    try:
        data = PolicyData.model_validate(document)
    except ValidationError as error:
        raise PolicyError(f"{name}: {'; '.join(_describe(detail) for detail in error.errors())}") from error
    faults = find_faults(data)
    if faults:
        raise PolicyError(f"{name}: {'; '.join(faults)}")
    ranks = {category: rank for rank, category in enumerate(data.severity)}
    return Policy(data, hashlib.sha256(content).hexdigest(), TextReader(data), ranks)


def _parse_toml(content: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PolicyError(f"{name}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{name}: not TOML: {error}") from error
    # What its parser does not expect: values within values without end, a number of thousands of digits.
    except (RecursionError, ValueError) as error:
        raise PolicyError(f"{name}: not TOML that can be read: a value is nested too deep or too long") from error


def _describe(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "the file"
    message = detail["msg"].removeprefix("Value error, ")
    found = "" if isinstance(detail["input"], dict | list) else f", found {detail['input']!r}"
    return f"{key}: {message}{found}"
