/** Counts down how long credentials are still valid. The server's text stands until this runs, and without it. */

const UNITS = /** @type {const} */ ([
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
]);

/** The two greatest units, as the server writes them. @param {number} seconds */
export function span(seconds) {
  const parts = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [width, unit] of UNITS) {
    const count = Math.floor(rest / width);
    rest -= count * width;
    if (count) parts.push(`${count} ${unit}`);
    else if (parts.length) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

function tick() {
  for (const place of document.querySelectorAll("[data-expires]")) {
    if (!(place instanceof HTMLElement)) continue;
    const left = (Date.parse(place.dataset.expires ?? "") - Date.now()) / 1000;
    if (Number.isNaN(left)) continue;
    place.textContent = left > 0 ? span(left) : "ended";
  }
}

if (document.querySelector("[data-expires]")) {
  tick();
  window.setInterval(tick, 1000);
}
