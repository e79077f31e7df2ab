/**
 * Keyboard and folding of the tree table, after the treegrid pattern: one row in the tab order, arrows between rows.
 */

/** @typedef {import("./lineage.js").Hop} Hop */
/** @typedef {import("./lineage.js").Lineage} Lineage */
/** @typedef {import("./selection.js").Selection} Selection */

export class Tree {
  /** @param {HTMLTableElement} table @param {Lineage} lineage @param {Selection} selection @param {() => void} openPanel */
  constructor(table, lineage, selection, openPanel) {
    this.lineage = lineage;
    this.selection = selection;
    this.openPanel = openPanel;
    this.marked = "";
    /** @type {Set<string>} */
    this.folded = new Set();
    for (const hop of lineage.hops) {
      if (lineage.childrenOf(hop.id).length) hop.row.setAttribute("aria-expanded", "true");
      for (const link of hop.row.querySelectorAll("a")) link.tabIndex = -1;
    }
    table.addEventListener("keydown", (event) => this.#pressed(event));
    table.addEventListener("click", (event) => this.#clicked(event));
    selection.onChange((id) => this.#chosen(id));
  }

  /** @param {string} id */
  #chosen(id) {
    const lit = this.lineage.lit(id);
    for (const hop of this.lineage.hops) {
      const faded = !lit.has(hop.id);
      if (hop.row.classList.contains("faded") !== faded) hop.row.classList.toggle("faded", faded);
    }
    const before = this.lineage.byId.get(this.marked)?.row;
    for (const row of before ? [before] : this.lineage.hops.map((hop) => hop.row)) this.#mark(row, false);
    const row = this.lineage.byId.get(id)?.row;
    if (row) this.#mark(row, true);
    this.marked = id;
    this.#reveal(id);
  }

  /** @param {HTMLTableRowElement} row @param {boolean} chosen */
  #mark(row, chosen) {
    row.setAttribute("aria-selected", String(chosen));
    row.tabIndex = chosen ? 0 : -1;
  }

  /** Unfold whatever hides a row and bring it into its box. @param {string} id */
  #reveal(id) {
    let changed = false;
    for (let hop = this.lineage.byId.get(id); hop; hop = this.lineage.byId.get(hop.parent)) {
      changed = this.folded.delete(hop.parent) || changed;
      if (!hop.parent) break;
    }
    if (changed) this.#refold();
    const row = this.lineage.byId.get(id)?.row;
    const box = row?.closest(".tree-scroll");
    if (!row || !box) return;
    // Only the box is scrolled: the page must not jump when the canvas was clicked.
    const head = box.querySelector("thead")?.getBoundingClientRect().height ?? 0;
    const place = row.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    if (place.top < frame.top + head) box.scrollTop -= frame.top + head - place.top;
    else if (place.bottom > frame.bottom) box.scrollTop += place.bottom - frame.bottom;
  }

  #refold() {
    /** @type {Set<string>} */
    const hidden = new Set();
    for (const hop of this.lineage.hops) {
      const gone = hidden.has(hop.parent) || this.folded.has(hop.parent);
      if (gone) hidden.add(hop.id);
      hop.row.hidden = gone;
      if (hop.row.hasAttribute("aria-expanded")) hop.row.setAttribute("aria-expanded", String(!this.folded.has(hop.id)));
    }
  }

  /** @param {Hop} hop @param {boolean} open */
  #fold(hop, open) {
    if (!this.lineage.childrenOf(hop.id).length || open === !this.folded.has(hop.id)) return false;
    if (open) this.folded.delete(hop.id);
    else this.folded.add(hop.id);
    this.#refold();
    return true;
  }

  /** @param {EventTarget | null} target @returns {Hop | undefined} */
  #hopAt(target) {
    const row = target instanceof Element ? target.closest("tr[data-id]") : null;
    return row instanceof HTMLElement ? this.lineage.byId.get(row.dataset.id ?? "") : undefined;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const hop = this.#hopAt(event.target);
    if (!hop || !(event.target instanceof Element)) return;
    if (event.target.closest(".twist") && this.#fold(hop, this.folded.has(hop.id))) return;
    const link = event.target.closest("a");
    if (link && !link.classList.contains("name")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.selection.choose(hop.id);
    hop.row.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const hop = this.#hopAt(event.target);
    if (!hop || !this.#acts(event.key, hop)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} key @param {Hop} hop */
  #acts(key, hop) {
    const shown = this.lineage.hops.filter((each) => !each.row.hidden);
    const at = shown.indexOf(hop);
    switch (key) {
      case "ArrowDown":
        return this.#go(shown[at + 1]);
      case "ArrowUp":
        return this.#go(shown[at - 1]);
      case "Home":
        return this.#go(shown[0]);
      case "End":
        return this.#go(shown.at(-1));
      case "ArrowRight":
        return this.#fold(hop, true) || this.#go(this.lineage.childrenOf(hop.id)[0]);
      case "ArrowLeft":
        return this.#fold(hop, false) || this.#go(this.lineage.byId.get(hop.parent));
      case "Enter":
        this.openPanel();
        return true;
      default:
        return false;
    }
  }

  /** Choose the next or previous shown row. @param {1 | -1} by */
  step(by) {
    const shown = this.lineage.hops.filter((each) => !each.row.hidden);
    this.#go(shown[shown.findIndex((hop) => hop.id === this.selection.id) + by]);
  }

  /** @param {Hop | undefined} hop */
  #go(hop) {
    if (hop) {
      this.selection.choose(hop.id);
      hop.row.focus({ preventScroll: false });
    }
    return true;
  }
}
