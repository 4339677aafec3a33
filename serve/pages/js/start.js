// What every page does first: its words, its language switch, and the sign that it can be used.

import { currentLanguage, onLanguage, preferredLanguage, useLanguage } from "./i18n.js";
import { startNav } from "./nav.js";

/**
 * Show the page in the reader's language. Call it once the page listens to what it needs.
 * @param {{ onNoWords?: (error: Error) => void }} options called when the other language could not be fetched
 */
export async function startPage({ onNoWords = () => {} } = {}) {
  startNav();
  const buttons = document.querySelectorAll("[data-language]");
  for (const button of buttons)
    button.addEventListener("click", () => useLanguage(button.dataset.language, { remember: true }).catch(onNoWords));
  onLanguage(() => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === currentLanguage()));
  });
  await useLanguage(preferredLanguage());
  document.documentElement.toggleAttribute("data-touch", navigator.maxTouchPoints > 0 && !matchMedia("(pointer: fine)").matches);
  document.documentElement.dataset.ready = "";
}
