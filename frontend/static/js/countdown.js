/** Times until which something is valid, as what is left of them; the time itself stands beside it. */

const marks = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-expires]")]);

/** @param {number} seconds */
function left(seconds) {
  if (seconds <= 0) return "expired";
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours) return `${hours} h ${minutes} min left`;
  return minutes >= 10 ? `${minutes} min left` : `${minutes} min ${Math.floor(seconds % 60)} s left`;
}

function show() {
  for (const mark of marks) mark.textContent = left((Date.parse(mark.dataset.expires ?? "") - Date.now()) / 1000);
}

export function startCountdown() {
  if (!marks.length) return;
  show();
  window.setInterval(show, 1000);
}
