"""What is in deploy/ and compose.yaml fits the service: its metrics, labels, settings, limits and documents."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from hazardlens.serve.app import create_app
from hazardlens.serve.catalogue import CATALOGUE
from hazardlens.serve.settings import PREFIX, Settings, load_settings
from support.project import REPO

DASHBOARD: Final = json.loads((REPO / "deploy/grafana/hazardlens.json").read_text("utf-8"))
ALERTS: Final = yaml.safe_load((REPO / "deploy/prometheus/alerts.yml").read_text("utf-8"))
COMPOSE: Final = yaml.safe_load((REPO / "compose.yaml").read_text("utf-8"))
CADDYFILE: Final = (REPO / "deploy/caddy/Caddyfile").read_text("utf-8")
OPERATIONS: Final = (REPO / "docs/operations.md").read_text("utf-8")
RULES: Final = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: Final = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS: Final = [target["expr"] for panel in PANELS for target in panel["targets"]] + [
    rule["expr"] for rule in RULES
]

NOT_OURS: Final = {"up": set[str](), "process_resident_memory_bytes": set[str]()}
"""What Prometheus makes itself, and what its client tells of every process."""
EVERYWHERE: Final = {"job", "instance", "le"}
WORDS: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\{\{.*?\}\}')
METRIC: Final = re.compile(r"\b(?:hazardlens_[a-z_]+|process_[a-z_]+|up)\b")


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Name of each metric that an app has, as Prometheus calls it, and its labels."""
    app = create_app(load_settings(data_path=tmp_path_factory.mktemp("data")))
    registry: CollectorRegistry = app.state.services.metrics.registry
    found: dict[str, set[str]] = {}
    for collector, names in registry._collector_to_names.items():
        labels = set(getattr(collector, "_labelnames", ()))
        families = {
            family.name: set(family._labelnames) for family in collector.collect() if hasattr(family, "_labelnames")
        }
        for name in names:
            found[name] = families.get(name, labels)
    return {name: labels for name, labels in found.items() if name.startswith("hazardlens_")}


def series_of(name: str, metrics: dict[str, set[str]]) -> set[str]:
    """The labels of a series; fails where there is none of that name."""
    known = {**metrics, **NOT_OURS}
    assert name in known, f"{name}: no such metric"
    return known[name] | EVERYWHERE


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_that_is_asked_for_exists(expression: str, metrics: dict[str, set[str]]) -> None:
    assert expression.count("(") == expression.count(")")
    names = METRIC.findall(WORDS.sub("", expression))
    assert names
    labels = set[str]().union(*(series_of(name, metrics) for name in names))
    for name, chosen in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
        assert set(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", chosen)) <= series_of(name, metrics), expression
    grouped = re.findall(r"\b(?:by|ignoring|on)\s*\(([^)]*)\)", expression)
    assert {label.strip() for group in grouped for label in group.split(",")} <= labels, expression


def test_codes_and_routes_in_expressions_exist() -> None:
    text = "\n".join(EXPRESSIONS)
    codes = {code for found in re.findall(r'code=~?"([^"]+)"', text) for code in found.split("|")}
    assert codes <= set(CATALOGUE)
    routes = {route for found in re.findall(r'route=~?"([^"]+)"', text) for route in found.split("|")}
    assert routes == {"/v1/classify", "/v1/reports"}


def test_legends_name_labels_that_the_expression_leaves(metrics: dict[str, set[str]]) -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            names = METRIC.findall(WORDS.sub("", target["expr"]))
            assert wanted <= set().union(*(series_of(name, metrics) for name in names)), panel["title"]


def test_panels_have_numbers_and_places_of_their_own() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(set(numbers)) == len(DASHBOARD["panels"])
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in DASHBOARD["panels"])


def _anchors(text: str) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"^\d+\. ", "", head).lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smhd]", rule["for"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    path, anchor = rule["annotations"]["runbook"].split("#")
    assert path == "docs/operations.md"
    assert anchor in _anchors(OPERATIONS)
    assert f"`{rule['alert']}`" in OPERATIONS


def test_the_document_lists_every_metric_and_no_other(metrics: dict[str, set[str]]) -> None:
    told = dict(re.findall(r"(?m)^\| `(hazardlens_[a-z_]+)` \|([^|]*)\|", OPERATIONS))
    plain = {name for name in metrics if not name.endswith(("_bucket", "_sum", "_count", "_created", "_info_total"))}
    without_kinds = {name for name in plain if f"{name}_total" not in metrics}
    assert set(told) == without_kinds
    for name, labels in told.items():
        assert set(re.findall(r"`(\w+)`", labels)) == metrics[name], name


SERVICES: Final = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_read_only_and_without_capabilities(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert not {"privileged", "network_mode", "pid"} & set(service)
    if "image" in service and "build" not in service:
        assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", service["image"]), "a version is pinned"


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"proxy", "grafana"}
    assert all(port.startswith("127.0.0.1:") for port in published["grafana"])
    assert re.search(r"(?m)^\s*@inside path /metrics$", CADDYFILE)


def _environment() -> dict[str, str]:
    told = SERVICES["app"]["environment"]
    return {name: re.sub(r"\$\{[^}:]+(?::[-?]([^}]*))?\}", r"\1", value) for name, value in told.items()}


def test_the_service_starts_with_the_settings_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _environment().items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.media_url == "s3://hazardlens/media"
    assert settings.trusted_proxies == COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert all(
        name.removeprefix(PREFIX).lower() in Settings.model_fields for name in _environment() if name.startswith(PREFIX)
    )


def test_patience_and_sizes_are_in_order() -> None:
    settings = load_settings()
    grace_s = int(SERVICES["app"]["stop_grace_period"].removesuffix("s"))
    assert grace_s > settings.shutdown_grace_s + settings.webhook_timeout_s
    limit = re.search(r"max_size (\d+)MiB", CADDYFILE)
    assert limit is not None
    assert int(limit[1]) * 2**20 > settings.max_body_bytes
    assert SERVICES["app"]["user"] in (REPO / "Dockerfile").read_text("utf-8")


def test_files_that_are_mounted_exist() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    sources = {mount.split(":")[0] for mount in mounts}
    assert {source for source in sources if not source.startswith("./")} == set(COMPOSE["volumes"])
    assert all((REPO / source).exists() for source in sources if source.startswith("./"))
    prometheus = yaml.safe_load((REPO / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    assert all((REPO / "deploy/prometheus" / name).exists() for name in prometheus["rule_files"])
    assert prometheus["scrape_configs"][0]["job_name"] in Path(REPO / "deploy/prometheus/alerts.yml").read_text("utf-8")
