"""Every word of the page in both languages, and nothing in its files that its own policy forbids. No browser needed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category, Urgency
from hazardlens.model.triage.policy import SHIPPED_POLICY, load_policy
from hazardlens.serve.catalogue import CATALOGUE
from hazardlens.serve.routes.pages import PAGES, PATHS, load_site, modules_of

LANGUAGES = ("zh", "en")
KINDS = {".css", ".html", ".js", ".json", ".svg"}
SOURCES = {
    path.relative_to(PAGES).as_posix(): path.read_text("utf-8") for path in PAGES.rglob("*") if path.suffix in KINDS
}
NAMES = {name.removesuffix(".html") for name in PATHS.values()}
SAME_IN_BOTH = {"page.openapi", "catalogue.gb_t_47678_5_2026", "result.announce"}
FRAGMENTS = "\n".join(source for name, source in SOURCES.items() if name.startswith("fragments/"))
HTML = "\n".join([FRAGMENTS, *(SOURCES[f"{page}.html"] for page in sorted(NAMES))])
CODE = "\n".join(source for name, source in SOURCES.items() if name.endswith(".js"))


def words(language: str, page: str = "common") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SOURCES[f"i18n/{page}.{language}.json"])
    return loaded


def leaves(node: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def test_each_page_has_words_of_its_own_beside_those_of_all() -> None:
    assert {name for name in SOURCES if name.startswith("i18n/")} == {
        f"i18n/{page}.{language}.json" for page in ("common", *NAMES) for language in LANGUAGES
    }
    for page in NAMES:
        assert f'data-words="{page}"' in SOURCES[f"{page}.html"]
        assert set(words("en", page)) & set(words("en")) == set(), (
            "a section of the same name would hide the common one"
        )


@pytest.mark.parametrize("page", ["common", *sorted(NAMES)])
def test_both_languages_say_the_same_things_with_the_same_holes(page: str) -> None:
    chinese, english = (dict(leaves(words(language, page))) for language in LANGUAGES)
    assert list(chinese) == list(english)
    for key, text in english.items():
        if not key.endswith((".zero", ".one")):
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[key])), key
    assert all(text.strip() for text in (*chinese.values(), *english.values()))


@pytest.mark.parametrize("page", ["common", *sorted(NAMES)])
def test_chinese_is_chinese_and_english_is_english(page: str) -> None:
    for key, text in leaves(words("en", page)):
        assert not re.search(r"[\u4e00-\u9fff]", text), key
    for key, text in leaves(words("zh", page)):
        assert key in SAME_IN_BOTH or re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_the_api_has_a_name(language: str) -> None:
    named, policy = words(language), load_policy(SHIPPED_POLICY).data
    catalogues = {code.catalogue for rule in policy.categories.values() for code in rule.codes}
    assert set(named["category"]) == set(Category)
    assert set(named["urgency"]) == {*Urgency, "undecided"}
    assert set(named["label"]) == set(LABEL_HAZARDS)
    assert set(named["route"]) == set(policy.routes)
    assert set(named["catalogue"]) == catalogues
    assert set(CATALOGUE) <= set(named["error"])
    assert all(set(sentences) == {"what", "do"} for sentences in named["error"].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_categories_and_routes_are_called_what_the_reasons_call_them(language: str) -> None:
    named, policy = words(language), load_policy(SHIPPED_POLICY).data
    assert named["category"] == {key: getattr(rule, language) for key, rule in policy.categories.items()}
    assert named["route"] == {key: getattr(names, language) for key, names in policy.routes.items()}


def sources_of(page: str) -> tuple[str, str]:
    """HTML of a page, and the code that it runs."""
    own = [name for name in modules_of(load_site(), f"{page}.html") if not name.startswith("vendor/")]
    return FRAGMENTS + SOURCES[f"{page}.html"], "\n".join(SOURCES[name] for name in own)


def unasked(html: str, code: str, known: set[str]) -> set[str]:
    """Of the strings `known`, those that nothing asks for; fails for one that is asked for and not known."""
    asked = set(re.findall(r'data-i18n(?:-\w+)?="([^"]+)"', html))
    asked |= set(re.findall(r'"([a-z]\w*\.[a-z_.]+)"', code)) - {"hazardlens.language"}
    starts = set(re.findall(r"`([a-z]\w*(?:\.\w+)*\.)\$\{", code)) | {
        f"{kind}." for kind in re.findall(r'nameOf\("(\w+)"', code)
    }
    missing = {key for key in asked if not re.search(r"\.\w+s$|\.(js|json|jpg)$", key)} - known
    plural = {key.rsplit(".", 1)[0] for key in known if key.endswith(".other")}
    assert missing - plural == set()
    unused = {key for key in known if key not in asked and key.rsplit(".", 1)[0] not in asked & plural}
    return {key for key in unused if not any(key.startswith(start) for start in starts)}


def test_every_string_that_a_page_asks_for_is_there_and_every_one_there_is_asked_for() -> None:
    common = {key for key, _ in leaves(words("en"))}
    unused = set(common)
    for page in NAMES:
        own = {key for key, _ in leaves(words("en", page))}
        left = unasked(*sources_of(page), common | own)
        assert left & own == set(), page
        unused &= left
    assert unused == set()


def test_no_file_of_the_page_names_another_host_or_holds_what_its_policy_forbids() -> None:
    for name, source in SOURCES.items():
        hosts = set(re.findall(r"https?://([\w.]+)", source)) - {"www.w3.org"}
        assert hosts == set(), name
        assert not re.search(r"@import|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", source), name
    markup = HTML + SOURCES["icons.svg"]
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", markup)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", markup))


def test_no_module_of_the_page_needs_scrolling_back_and_forth() -> None:
    assert {
        name: source.count("\n")
        for name, source in SOURCES.items()
        if name.endswith(".js") and source.count("\n") > 250
    } == {}


def test_every_icon_that_is_shown_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', SOURCES["icons.svg"]))
    asked = set(re.findall(r'href="#(i-\w+)"', HTML)) | set(re.findall(r'icon\("([\w-]+)"', CODE))
    asked |= {f"c-{category}" for category in Category} | {f"u-{urgency}" for urgency in (*Urgency, "undecided")}
    assert asked <= drawn
    assert drawn <= asked
