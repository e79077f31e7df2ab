/** `[` and `]` walk the chains in the order of the list they were opened from, kept for this tab alone. */

const NAME = "roletrail.list";

/** On a list: keep its order. */
export function keepList() {
  const links = [...document.querySelectorAll("[data-row] .row-link")].map((link) => link.getAttribute("href") ?? "");
  const chains = links.filter((link) => link.startsWith("/sessions/"));
  if (chains.length) store(chains);
}

/** @param {string[]} chains */
function store(chains) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(chains));
  } catch {
    // Without storage there is no list to walk.
  }
}

/** @param {1 | -1} by */
export function walkChains(by) {
  /** @type {string[]} */
  let chains = [];
  try {
    chains = JSON.parse(sessionStorage.getItem(NAME) ?? "[]");
  } catch {
    return;
  }
  const at = chains.indexOf(location.pathname);
  const next = at < 0 ? undefined : chains[at + by];
  if (next) location.assign(next);
}
