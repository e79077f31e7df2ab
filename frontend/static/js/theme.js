/** Light, dark, or what the system says. One attribute on the root element; listeners redraw what CSS cannot reach. */

import { say } from "./live.js";
import { read, write } from "./store.js";

const ORDER = /** @type {const} */ (["", "light", "dark"]);
const root = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

/** @type {Array<() => void>} */
const listeners = [];

/** @param {() => void} listener Called after the colours of the page have changed. */
export function onTheme(listener) {
  listeners.push(listener);
}

function changed() {
  // A frame later the computed values are those of the new theme.
  requestAnimationFrame(() => listeners.forEach((listener) => listener()));
}

/** @param {string} theme */
function name(theme) {
  return theme ? `Theme: ${theme}` : "Theme: as the system";
}

/** @param {string} theme */
function apply(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const label = document.getElementById("theme-name");
  if (label) label.textContent = name(theme);
  changed();
}

export function nextTheme() {
  const current = root.dataset.theme ?? "";
  const next = ORDER[(ORDER.findIndex((theme) => theme === current) + 1) % ORDER.length] ?? "";
  write("theme", next);
  apply(next);
  say(name(next));
}

/** Paper is white: what draws its own colours draws the light ones while the browser makes pages to print. */
function startPrint() {
  let before = "";
  window.addEventListener("beforeprint", () => {
    before = root.dataset.theme ?? "";
    root.dataset.theme = "light";
    listeners.forEach((listener) => listener());
  });
  window.addEventListener("afterprint", () => apply(before));
}

export function startTheme() {
  apply(read("theme"));
  startPrint();
  document.getElementById("theme")?.addEventListener("click", nextTheme);
  system.addEventListener("change", changed);
}
