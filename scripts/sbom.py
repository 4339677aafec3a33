#!/usr/bin/env python3
"""Write a bill of materials (CycloneDX 1.6, JSON): what the service is made of; `make sbom`.

In it are the packages that serving needs, those that an operator may add, what is vendored from npm with the sha256 of
its files, and the model that ships with its own. The same installation gives the same bytes: no time, no chance.
"""

import hashlib
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from packaging.requirements import Requirement

from licences import REPO, VENDOR, licence_of, vendored

_OURS: Final = frozenset({"training", "test"})
"""Extras that are not for those who serve."""

_MODEL: Final = REPO / "model" / "shipped"
_SPACE: Final = uuid.UUID("6f1a0a52-3c0e-5d0f-9a55-7d2f5a0f5c11")  # of nothing but these serial numbers

Part = dict[str, Any]


def main(target: str) -> int:
    """Write the bill to a file, or to standard output for "-"."""
    made = bill()
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        path = Path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"{path}: {len(made['components'])} parts")
    return 0


def bill() -> Part:
    """The whole bill."""
    project = distribution("hazardlens")
    root = {
        "type": "application",
        "bom-ref": _purl("pypi", "hazardlens", project.version),
        "name": "hazardlens",
        "version": project.version,
        "licenses": _licences("AGPL-3.0-only"),
        "purl": _purl("pypi", "hazardlens", project.version),
    }
    declared = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [
        declared["optional-dependencies"][name] for name in declared["optional-dependencies"] if name not in _OURS
    ]
    wanted = [text for extra in extras for text in extra if _is_installed(text)]
    needed, added = packages_of(declared["dependencies"]), packages_of(wanted)
    names = dict.fromkeys(needed, "required") | {name: "optional" for name in added if name not in needed}
    packages = [_package(name, scope) for name, scope in sorted(names.items())]
    others = [*_vendored_parts(), _model_part()]
    links = needed | added
    refs = {name: _package_ref(name) for name in names}
    tree = [{"ref": refs[name], "dependsOn": sorted(refs[need] for need in links[name])} for name in sorted(names)]
    top = [refs[_normal(Requirement(text).name)] for text in (*declared["dependencies"], *wanted)]
    body: Part = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [*packages, *others],
        "dependencies": [
            {"ref": root["bom-ref"], "dependsOn": sorted({*top, *(part["bom-ref"] for part in others)})},
            *tree,
        ],
    }
    serial = uuid.uuid5(_SPACE, json.dumps(body, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": f"urn:uuid:{serial}", **body}


def packages_of(requirements: Iterable[str]) -> dict[str, set[str]]:
    """All that requirements bring here: name of each package -> names of those that it needs."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = _normal(requirement.name)
        needs = list(_needs(name, requirement.extras))
        known = found.setdefault(name, set())
        fresh = [need for need in needs if _normal(need.name) not in known]
        known |= {_normal(need.name) for need in needs}
        waiting.extend(fresh)
    return found


def _needs(name: str, extras: Iterable[str]) -> Iterator[Requirement]:
    for text in distribution(name).requires or []:
        need = Requirement(text)
        if need.marker is not None and not any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        try:
            distribution(need.name)
        except PackageNotFoundError:
            continue
        yield need


def _is_installed(requirement: str) -> bool:
    try:
        distribution(Requirement(requirement).name)
    except PackageNotFoundError:
        return False
    return True


def _package(name: str, scope: str) -> Part:
    expression = licence_of(name)
    if expression is None:
        raise ValueError(f"{name}: nobody knows its licence; see scripts/licences.py")
    return {
        "type": "library",
        "bom-ref": _package_ref(name),
        "name": name,
        "version": distribution(name).version,
        "scope": scope,
        "licenses": _licences(expression),
        "purl": _package_ref(name),
    }


def _package_ref(name: str) -> str:
    return _purl("pypi", name, distribution(name).version)


def _vendored_parts() -> Iterator[Part]:
    for (name, version, expression), page in zip(vendored(), sorted(VENDOR.glob("*/VENDORED.md")), strict=True):
        ref = _purl("npm", name, version)
        files = sorted(path for path in page.parent.iterdir() if path != page)
        yield {
            "type": "library",
            "bom-ref": ref,
            "name": name,
            "version": version,
            "scope": "required",
            "licenses": _licences(expression),
            "purl": ref,
            "components": [_file(path) for path in files],
        }


def _model_part() -> Part:
    manifest = json.loads((_MODEL / "manifest.json").read_text("utf-8"))
    card = {"modelParameters": {"task": "object-detection", "approach": {"type": "supervised"}}}
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{manifest['name']}@{manifest['version']}",
        "name": manifest["name"],
        "version": manifest["version"],
        "scope": "required",
        "hashes": _hashes((_MODEL / "model.onnx").read_bytes()),
        "licenses": _licences(manifest["licence"]),
        "modelCard": card,
        "components": [_file(path) for path in sorted(_MODEL.iterdir()) if path.is_file()],
    }


def _file(path: Path) -> Part:
    name = path.relative_to(REPO).as_posix()
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": _hashes(path.read_bytes())}


def _hashes(content: bytes) -> list[Mapping[str, str]]:
    return [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


def _licences(expression: str) -> list[Mapping[str, Any]]:
    if re.search(r" (AND|OR|WITH) ", expression):
        return [{"expression": expression}]
    return [{"license": {"id": expression}}]


def _purl(kind: str, name: str, version: str) -> str:
    return f"pkg:{kind}/{quote(name, safe='/')}@{quote(version)}"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "dist/sbom.cdx.json"))
