/**
 * Every key of a page in one table, which also makes the sheet behind `?`.
 *
 * Single letters can be switched off (WCAG 2.1.4); they never act while a field is being typed in.
 */

import { read, write } from "./store.js";

/** @typedef {{ key: string, does: string, run?: () => void, shown?: string }} Key Without `run` it is only told of: a part of the page acts. */

/** @type {Key[]} */
const table = [];

const sheet = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));

/** @param {Key[]} keys */
export function addKeys(keys) {
  table.push(...keys);
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select"));
}

/** @param {string} tag @param {string} text */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function fillSheet() {
  if (!sheet) return;
  const head = element("div", "");
  head.className = "sheet-head";
  const title = element("h2", "Keyboard");
  const close = element("button", "Close");
  close.className = "btn";
  close.addEventListener("click", () => sheet.close());
  head.append(title, close);

  const list = document.createElement("dl");
  const fixed = [
    { shown: "?", does: "This sheet" },
    { shown: "Tab", does: "Next control" },
    { shown: "Esc", does: "Close, leave a field" },
  ];
  for (const key of [...table.map((key) => ({ shown: key.shown ?? key.key, does: key.does })), ...fixed]) {
    const term = document.createElement("dt");
    for (const part of key.shown.split(" ")) term.append(element("kbd", part), " ");
    list.append(term, element("dd", key.does));
  }

  const foot = document.createElement("label");
  foot.className = "sheet-foot";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = lettersOn();
  box.addEventListener("change", () => write("keys", box.checked ? "" : "off"));
  foot.append(box, "Single keys act");
  sheet.replaceChildren(head, list, foot);
}

export function openSheet() {
  if (!sheet || sheet.open) return;
  fillSheet();
  sheet.showModal();
}

function lettersOn() {
  return read("keys") !== "off";
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || sheet?.open) return;
  if (event.key === "Escape" && typing(event.target)) {
    /** @type {HTMLElement} */ (event.target).blur();
    return;
  }
  if (typing(event.target) || !lettersOn()) return;
  if (event.key === "?") {
    event.preventDefault();
    openSheet();
    return;
  }
  const found = table.find((key) => key.key === event.key);
  if (found?.run) {
    event.preventDefault();
    found.run();
  }
}

export function startKeys() {
  document.addEventListener("keydown", pressed);
  document.getElementById("keys-open")?.addEventListener("click", openSheet);
}
