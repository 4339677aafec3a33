// Words in the reader's language: those of all pages (i18n/common.zh.json) and those of this one (i18n/index.zh.json, as
// <body data-words="index"> says).

export const LANGUAGES = ["zh", "en"];
const TAGS = { zh: "zh-CN", en: "en" };
const MEMORY = "hazardlens.language";

const loaded = {};
const listeners = [];
let language = "en";

export const currentLanguage = () => language;

/** Call `listener` after each change of language. */
export const onLanguage = (listener) => listeners.push(listener);

/** What the reader chose before, else the first of the browser's languages that we have, else English. */
export function preferredLanguage() {
  const remembered = recall();
  if (LANGUAGES.includes(remembered)) return remembered;
  const wanted = navigator.languages?.length ? navigator.languages : [navigator.language ?? ""];
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => LANGUAGES.includes(tag)) ?? "en";
}

/** Show the page in this language, and remember it when a person chose it. */
export async function useLanguage(next, { remember = false } = {}) {
  loaded[next] ??= await fetchWords(next);
  language = next;
  document.documentElement.lang = TAGS[next];
  if (remember) keep(next);
  translate(document);
  for (const listener of listeners) listener();
}

/** Get the other languages' words before they are wanted, so that the switch works without a connection too. */
export async function loadAllLanguages() {
  for (const name of LANGUAGES) loaded[name] ??= await fetchWords(name);
}

async function fetchWords(name) {
  const { assets, words } = document.body.dataset;
  const files = await Promise.all(["common", words].map((file) => fetchJson(`${assets}/i18n/${file}.${name}.json`)));
  return Object.assign({}, ...files);
}

async function fetchJson(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`no words at ${path}: status ${answer.status}`);
  return answer.json();
}

/** The string at `key` ("error.no_file.what"), with {placeholders} filled in; undefined where there is none. */
export function lookUp(key, values = {}) {
  let found = key.split(".").reduce((node, part) => node?.[part], loaded[language]);
  if (found !== null && typeof found === "object") found = found[plural(found, values.n)];
  return typeof found === "string" ? found.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole) : undefined;
}

/** Like lookUp, but a missing string shows its key, which a test would notice. */
export const t = (key, values = {}) => lookUp(key, values) ?? key;

/** The name of an API value ("label", "exit_door"); a value that is newer than this page shows as plain words. */
export const nameOf = (kind, value) => lookUp(`${kind}.${value}`) ?? value.replaceAll("_", " ");

function plural(forms, n) {
  if (n === 0 && forms.zero !== undefined) return "zero";
  const form = new Intl.PluralRules(TAGS[language]).select(n ?? 0);
  return forms[form] === undefined ? "other" : form;
}

/** Fill in every element that names its string. */
function translate(root) {
  const values = limits();
  for (const element of root.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n, values);
  for (const element of root.querySelectorAll("[data-i18n-label]"))
    element.setAttribute("aria-label", t(element.dataset.i18nLabel, values));
  for (const element of root.querySelectorAll("[data-i18n-placeholder]"))
    element.setAttribute("placeholder", t(element.dataset.i18nPlaceholder, values));
}

const limits = () => ({ max: document.body.dataset.maxPhotos, length: moment(document.body.dataset.maxVideoS ?? 0) });

// Storage may be switched off: then the choice lasts as long as the page.
function recall() {
  try {
    return localStorage.getItem(MEMORY);
  } catch {
    return null;
  }
}

function keep(value) {
  try {
    localStorage.setItem(MEMORY, value);
  } catch {
    // nothing to do: the page is already in the chosen language
  }
}

/** Numbers as people write them. */
export const percent = (share) =>
  new Intl.NumberFormat(TAGS[language], { style: "percent", maximumFractionDigits: 0 }).format(share);

/** A moment (milliseconds since 1970) as the reader's clock and calendar show it. */
export const clock = (ms) => new Intl.DateTimeFormat(TAGS[language], { dateStyle: "medium", timeStyle: "short" }).format(ms);

/** The day of a moment of UTC (milliseconds since 1970), without its year. */
export const dayAndMonth = (ms) =>
  new Intl.DateTimeFormat(TAGS[language], { day: "numeric", month: "short", timeZone: "UTC" }).format(ms);

const SPANS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** How long ago a time of the API was: "3 hours ago". */
export function sinceWords(at) {
  const passed = Math.max(0, Date.now() - Date.parse(at));
  const [unit, length] = SPANS.find(([, length]) => passed >= length) ?? SPANS.at(-1);
  return new Intl.RelativeTimeFormat(TAGS[language], { numeric: "always" }).format(-Math.floor(passed / length), unit);
}

export const milliseconds = (value) =>
  value >= 1000
    ? `${new Intl.NumberFormat(TAGS[language], { maximumFractionDigits: 1 }).format(value / 1000)} s`
    : `${Math.round(value)} ms`;

/** A time in a clip (seconds from its beginning) as players show it: "1:07". */
export function moment(seconds) {
  const whole = Math.floor(Number(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const fileSize = (bytes) =>
  bytes < 1048576
    ? `${Math.ceil(bytes / 1024)} KB`
    : `${new Intl.NumberFormat(TAGS[language], { maximumFractionDigits: bytes < 10485760 ? 1 : 0 }).format(bytes / 1048576)} MB`;
