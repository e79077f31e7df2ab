/** Search inside a chain: marks the rows that match and walks through them with Enter. */

import { say } from "./live.js";

/** @typedef {import("./lineage.js").Lineage} Lineage */
/** @typedef {import("./selection.js").Selection} Selection */

/** @param {HTMLInputElement} field @param {Lineage} lineage @param {Selection} selection */
export function startFind(field, lineage, selection) {
  /** @type {string[]} */
  let found = [];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    found = [];
    for (const hop of lineage.hops) {
      const matches = wanted !== "" && (hop.row.textContent ?? "").toLowerCase().includes(wanted);
      hop.row.classList.toggle("found", matches);
      if (matches) found.push(hop.id);
    }
    say(wanted ? `${found.length} of ${lineage.hops.length} rows match` : "");
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !found.length) return;
    event.preventDefault();
    const at = found.indexOf(selection.id);
    const next = found[(at + (event.shiftKey ? found.length - 1 : 1)) % found.length] ?? found[0];
    if (next) selection.choose(next);
  });
}
