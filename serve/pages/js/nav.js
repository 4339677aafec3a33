// The way from page to page, in the header of all of them.

import { h } from "./dom.js";
import { onLanguage, t } from "./i18n.js";

const PAGES = [
  ["/", "nav.try"],
  ["/report", "nav.report"],
  ["/review", "nav.review"],
  ["/stats", "nav.stats"],
];

/** Put the links into the header's navigation, and keep them in the reader's language. */
export function startNav() {
  const list = h("ul", { class: "pages" });
  document.querySelector(".top-nav")?.prepend(list);
  onLanguage(() => list.replaceChildren(...PAGES.map(link)));
}

function link([path, name]) {
  const here = path === location.pathname ? "page" : null;
  return h("li", {}, h("a", { class: "page-link", href: path, "aria-current": here }, t(name)));
}
