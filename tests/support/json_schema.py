"""As much of JSON Schema (draft 7) as the published schema of CycloneDX uses, so that no validator has to be installed.

A keyword that it does not know is an error: nothing passes unread.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

Schema = Any
_SILENT: Final = {
    *("$schema", "$id", "$comment", "title", "description", "examples", "default", "definitions", "deprecated"),
    *("format", "meta:enum", "contentEncoding", "contentMediaType", "readOnly", "const-description"),
}
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


class Validator:
    """Finds what is wrong with a document."""

    def __init__(self, folder: Path, name: str) -> None:
        """Take the schema `name` of a folder, where those lie that it refers to."""
        self._folder = folder
        self._name = name

    def errors(self, document: Any) -> list[str]:  # noqa: ANN401 - any JSON
        """One line for each rule that the document breaks."""
        return list(self._check(document, self._load(self._name), self._name, "$"))

    @cache  # noqa: B019 - a test's validator lives as long as the test
    def _load(self, name: str) -> Schema:
        return json.loads((self._folder / name).read_text("utf-8"))

    def _check(self, value: Any, schema: Schema, base: str, at: str) -> Iterator[str]:  # noqa: ANN401
        if isinstance(schema, bool):
            if not schema:
                yield f"{at}: nothing may be here"
            return
        if "$ref" in schema:
            yield from self._check(value, *self._resolve(schema["$ref"], base), at)
            return
        yield from self._check_keywords(value, schema, base, at)
        if isinstance(value, dict) and schema.get("additionalProperties") is False:
            known = schema.get("properties", {})
            patterns = schema.get("patternProperties", {})
            for key in value:
                if key not in known and not any(re.search(pattern, key) for pattern in patterns):
                    yield f"{at}.{key}: unknown"

    def _check_keywords(self, value: Any, schema: Schema, base: str, at: str) -> Iterator[str]:  # noqa: ANN401
        for keyword, rule in schema.items():
            if keyword in _SILENT or keyword in {"additionalItems", "additionalProperties"}:
                continue
            check = _RULES.get(keyword)
            if check is not None:
                if not check(value, rule):
                    yield f"{at}: {keyword} {str(rule)[:80]}"
            else:
                yield from self._check_parts(value, keyword, schema, base, at)

    def _check_parts(self, value: Any, keyword: str, schema: Schema, base: str, at: str) -> Iterator[str]:  # noqa: ANN401
        rule = schema[keyword]
        if keyword == "properties":
            for key in (value.keys() & rule.keys()) if isinstance(value, dict) else ():
                yield from self._check(value[key], rule[key], base, f"{at}.{key}")
        elif keyword == "items":
            yield from self._check_items(value, schema, base, at)
        elif keyword in {"oneOf", "anyOf", "allOf"}:
            failures = [list(self._check(value, one, base, at)) for one in rule]
            good = sum(not failure for failure in failures)
            if not {"oneOf": good == 1, "anyOf": good > 0, "allOf": good == len(rule)}[keyword]:
                yield f"{at}: {keyword}: {[failure[0] for failure in failures if failure][:3]}"
        elif keyword == "not":
            if not list(self._check(value, rule, base, at)):
                yield f"{at}: not"
        elif keyword in {"if", "then", "else", "dependentRequired", "patternProperties", "propertyNames"}:
            return  # of parts that our bills have not
        else:
            raise AssertionError(f"{base}: this validator does not know {keyword!r}")

    def _check_items(self, value: Any, schema: Schema, base: str, at: str) -> Iterator[str]:  # noqa: ANN401
        rule = schema["items"]
        for number, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(rule, dict | bool):
                yield from self._check(item, rule, base, f"{at}[{number}]")
            elif number < len(rule):
                yield from self._check(item, rule[number], base, f"{at}[{number}]")
            elif schema.get("additionalItems") is False:
                yield f"{at}[{number}]: one too many"

    def _resolve(self, reference: str, base: str) -> tuple[Schema, str]:
        name, _, pointer = reference.partition("#")
        file = name or base
        schema = self._load(file)
        for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
            schema = schema[part]
        return schema, file


def _is_type(value: Any, rule: str | list[str]) -> bool:  # noqa: ANN401
    names = [rule] if isinstance(rule, str) else rule
    return any(
        isinstance(value, _TYPES[name]) and not (name != "boolean" and isinstance(value, bool)) for name in names
    )


_RULES: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "type": _is_type,
    "enum": lambda value, rule: value in rule,
    "const": lambda value, rule: value == rule,
    "required": lambda value, rule: not isinstance(value, dict) or set(rule) <= set(value),
    "pattern": lambda value, rule: not isinstance(value, str) or re.search(rule, value) is not None,
    "minLength": lambda value, rule: not isinstance(value, str) or len(value) >= rule,
    "maxLength": lambda value, rule: not isinstance(value, str) or len(value) <= rule,
    "minimum": lambda value, rule: not isinstance(value, int | float) or value >= rule,
    "maximum": lambda value, rule: not isinstance(value, int | float) or value <= rule,
    "minItems": lambda value, rule: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda value, rule: not isinstance(value, list) or len(value) <= rule,
    "uniqueItems": lambda value, rule: (
        not (rule and isinstance(value, list))
        or len({json.dumps(item, sort_keys=True) for item in value}) == len(value)
    ),
}
