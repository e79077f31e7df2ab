/** The panel beside tree, canvas and waterfall: the selected credential's part is taken out of its template when first wanted. */

/** @typedef {import("./selection.js").Selection} Selection */

export class Panel {
  /** @param {HTMLElement} box @param {Selection} selection @param {() => void} leave Where Escape goes. */
  constructor(box, selection, leave) {
    this.box = box;
    this.inside = box.querySelector(".panel-in") ?? box;
    /** @type {Map<string, HTMLTemplateElement>} */
    this.waiting = new Map([...box.querySelectorAll("template")].map((part) => [part.dataset.hopOf ?? "", part]));
    /** @type {Map<string, HTMLElement>} */
    this.parts = new Map();
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("section[data-hop]"))) this.parts.set(part.dataset.hop ?? "", part);
    this.shown = [...this.parts.values()][0];
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      leave();
    });
    selection.onChange((id) => this.#show(id));
  }

  /** @param {string} id @returns {HTMLElement | undefined} */
  #part(id) {
    const known = this.parts.get(id);
    const made = known ?? this.waiting.get(id)?.content.querySelector("section")?.cloneNode(true);
    if (!(made instanceof HTMLElement)) return undefined;
    this.parts.set(id, made);
    return made;
  }

  /** @param {string} id */
  #show(id) {
    const part = this.#part(id);
    if (!part || part === this.shown) return;
    part.hidden = false;
    this.shown?.remove();
    this.inside.prepend(part);
    this.shown = part;
    this.inside.scrollTop = 0;
  }

  focus() {
    this.box.focus();
  }
}
