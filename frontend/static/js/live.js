/** The polite live region of the page: what a reader hears after a change that moved no focus. */

const region = document.getElementById("live");

/** @param {string} text */
export function say(text) {
  if (region) region.textContent = text;
}
