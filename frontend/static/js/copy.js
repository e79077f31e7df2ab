/** Buttons that copy text of the page, or its address, to the clipboard. */

import { say } from "./live.js";

/** @param {string} text @param {string} what */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied`);
    return true;
  } catch {
    say("The browser did not allow copying");
    return false;
  }
}

/** @param {HTMLElement} button @param {boolean} done */
function show(button, done) {
  const before = button.dataset.words ?? button.textContent ?? "";
  button.dataset.words = before;
  button.textContent = done ? "Copied" : "Not allowed";
  window.setTimeout(() => (button.textContent = before), 1500);
}

export const copyLink = () => copy(location.href, "Link");

export function startCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy], [data-copy-link]") : null;
    if (!(button instanceof HTMLElement)) return;
    const from = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
    show(button, from ? await copy(from.textContent ?? "", "Text") : await copyLink());
  });
}
