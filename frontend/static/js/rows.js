/** `j` and `k` walk the rows of a list; Enter follows the row's link, as for any link. */

/** @param {number} step */
export function walk(step) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-row] .row-link")]);
  if (!links.length) return;
  const at = links.findIndex((link) => link === document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next]?.focus();
  links[next]?.scrollIntoView({ block: "nearest" });
}
