/** What every page has: theme, keys, copying, walking through rows. */

import { startCountdown } from "./countdown.js";
import { copyLink, startCopy } from "./copy.js";
import { addKeys, startKeys } from "./keys.js";
import { keepList } from "./neighbours.js";
import { walk } from "./rows.js";
import { nextTheme, startTheme } from "./theme.js";

function focusTrace() {
  const box = /** @type {HTMLInputElement | null} */ (document.getElementById("trace-box") ?? document.getElementById("trace-top"));
  box?.focus();
  box?.select();
}

document.getElementById("print")?.addEventListener("click", () => window.print());
startTheme();
startCopy();
startCountdown();
startKeys();

if (document.querySelector("#trace-box, #trace-top")) addKeys([{ key: "/", does: "Trace box", run: focusTrace }]);
if (document.querySelector("[data-row] .row-link")) {
  if (location.pathname !== "/trace") keepList();
  addKeys([
    { key: "j", does: "Next row", run: () => walk(1) },
    { key: "k", does: "Previous row", run: () => walk(-1) },
  ]);
}

/** What the page itself names a key for (`aria-keyshortcuts`): links are followed, fields are gone to. */
const NAMED = /** @type {const} */ ([["n", "Note, or add to an investigation"], ["s", "Share a snapshot"]]);
for (const [key, does] of NAMED) {
  const target = document.querySelector(`[aria-keyshortcuts="${key}"]`);
  if (target instanceof HTMLElement) addKeys([{ key, does, run: () => act(target) }]);
}

/** @param {HTMLElement} target */
function act(target) {
  if (target instanceof HTMLAnchorElement) {
    target.click();
    return;
  }
  const around = target.closest("details");
  if (around) around.open = true;
  target.focus();
}

addKeys([
  { key: "c", does: "Copy the link to this page", run: () => void copyLink() },
  { key: "t", does: "Theme: system, light, dark", run: nextTheme },
]);
