"""What the schema cannot say about one table alone: references resolve, ids are unique, every rule can fire."""

from collections import Counter
from collections.abc import Iterator

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.model.triage.lexicon import CLAUSE_BREAK, SENTENCE_BREAK, Normaliser
from hazardlens.model.triage.reasons import (
    AMOUNT_FIELDS,
    EXIT_FIELDS,
    MODIFIER_FIELDS,
    PLACE_FIELDS,
    REASON_FIELDS,
    placeholders,
)
from hazardlens.model.triage.schema import Names, PolicyData, Rule
from hazardlens.model.triage.text import rule_wordings
from hazardlens.model.triage.words import WordSet


def find_faults(data: PolicyData) -> list[str]:
    """One line for each fault, naming the key; empty when the policy is sound."""
    return [
        *_complete(data),
        *_categories(data),
        *_routes(data),
        *_numbers(data),
        *_ids(data),
        *_templates(data),
        *_words(data),
    ]


def _complete(data: PolicyData) -> Iterator[str]:
    for category in Category:
        if category not in data.categories:
            yield f"categories.{category}: missing"
        if data.severity.count(category) != 1:
            yield f"severity: needs {category} exactly once, found {data.severity.count(category)} times"
    for urgency in Urgency:
        if urgency not in data.urgencies:
            yield f"urgencies.{urgency}: missing"


def _categories(data: PolicyData) -> Iterator[str]:
    for category, rule in data.categories.items():
        if rule.urgency is Urgency.NONE and category is not Category.NOT_A_HAZARD:
            yield f"categories.{category}.urgency: only not_a_hazard may be none"
        for other in rule.supersedes:
            if other in data.categories and data.categories[other].supersedes:
                yield f"categories.{category}.supersedes: {other} itself supersedes something; chains are not allowed"


def _routes(data: PolicyData) -> Iterator[str]:
    routes = {f"categories.{category}.route": rule.route for category, rule in data.categories.items()}
    routes |= {f"modifiers.{rule.id}.route": rule.route for rule in data.modifiers if rule.route is not None}
    known = ", ".join(data.routes)
    for key, route in routes.items():
        if route not in data.routes:
            yield f"{key}: unknown route {route!r}; routes has {known}"


def _numbers(data: PolicyData) -> Iterator[str]:
    numbers = data.numbers
    if not numbers.mention_floor <= numbers.doubt_floor <= numbers.immediate_floor <= numbers.graver_floor:
        yield "numbers: needs mention_floor <= doubt_floor <= immediate_floor <= graver_floor"
    if not numbers.doubt_floor <= numbers.play_floor:
        yield "numbers: needs doubt_floor <= play_floor"


def _ids(data: PolicyData) -> Iterator[str]:
    rules: tuple[Rule, ...] = (
        *data.text_rules,
        *data.modifiers,
        *data.exit_rules,
        *data.place_rules,
        *data.amount_rules,
    )
    ids = Counter([*(rule.id for rule in rules), *{label.code for label in data.labels.values()}, *data.reasons])
    yield from (
        f"{rule_id}: used {count} times as a reason's code; each needs its own"
        for rule_id, count in ids.items()
        if count > 1
    )
    yield from (f"reasons.{code}: missing" for code in REASON_FIELDS if code not in data.reasons)
    yield from (f"reasons.{code}: nothing gives this reason" for code in data.reasons if code not in REASON_FIELDS)


def _templates(data: PolicyData) -> Iterator[str]:
    for code, names in data.reasons.items():
        yield from _template(f"reasons.{code}", names, REASON_FIELDS.get(code, frozenset()))
    for modifier in data.modifiers:
        yield from _template(f"modifiers.{modifier.id}.reason", modifier.reason, MODIFIER_FIELDS)
    for exit_rule in data.exit_rules:
        yield from _template(f"exit_rules.{exit_rule.id}.reason", exit_rule.reason, EXIT_FIELDS)
    for place in data.place_rules:
        yield from _template(f"place_rules.{place.id}.reason", place.reason, PLACE_FIELDS)
    for amount in data.amount_rules:
        yield from _template(f"amount_rules.{amount.id}.reason", amount.reason, AMOUNT_FIELDS)


def _template(key: str, names: Names, allowed: frozenset[str]) -> Iterator[str]:
    for language, template in (("zh", names.zh), ("en", names.en)):
        try:
            unknown = sorted(set(placeholders(template)) - allowed)
        except ValueError as error:
            yield f"{key}.{language}: {error}"
            continue
        if unknown:
            known = ", ".join(sorted(allowed)) or "none"
            yield f"{key}.{language}: unknown placeholder {unknown[0]!r}; allowed: {known}"


def _words(data: PolicyData) -> Iterator[str]:
    normalise = Normaliser(data.reading.max_chars, data.reading.variant_map)
    for rule_id, wording in rule_wordings(data):
        both = (*wording.zh.phrases, *wording.en.phrases)
        pairs = (*wording.zh.about, *wording.en.about), (*wording.zh.state, *wording.en.state)
        if bool(pairs[0]) != bool(pairs[1]):
            yield f"{rule_id}: about and state need each other"
        elif not both and not pairs[0]:
            yield f"{rule_id}: has no words"
        for language, words in (("zh", wording.zh), ("en", wording.en)):
            yield from _word_set(f"{rule_id}.{language}", words, normalise)
    for language, table in (("zh", data.reading.zh), ("en", data.reading.en)):
        for name in ("negation", "negation_adjacent", "negation_stops", "uncertain", "resolved", "reopened", "masks"):
            yield from _word_list(f"reading.{language}.{name}", getattr(table, name), normalise)


def _word_set(key: str, words: WordSet, normalise: Normaliser) -> Iterator[str]:
    for name in ("about", "state", "phrases"):
        yield from _word_list(f"{key}.{name}", getattr(words, name), normalise)


def _word_list(key: str, words: tuple[str, ...], normalise: Normaliser) -> Iterator[str]:
    plain = {word: normalise(word) for word in words}
    for word, form in plain.items():
        if not form or SENTENCE_BREAK in form or CLAUSE_BREAK in form:
            yield f"{key}: {word!r} holds a sign that ends a sentence or clause, or nothing to look for"
    for form, count in Counter(map(normalise, words)).items():
        if count > 1:
            yield f"{key}: {form!r} is listed {count} times"
