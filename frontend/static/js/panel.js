/** The panel beside tree and canvas: one part per hop is in the page already; the selected one is shown. */

/** @typedef {import("./selection.js").Selection} Selection */

export class Panel {
  /** @param {HTMLElement} box @param {Selection} selection @param {() => void} leave Where Escape goes. */
  constructor(box, selection, leave) {
    this.box = box;
    /** @type {Map<string, HTMLElement>} */
    this.parts = new Map([...box.querySelectorAll("[data-hop]")].map((part) => [part.getAttribute("data-hop") ?? "", /** @type {HTMLElement} */ (part)]));
    this.shown = [...this.parts.values()].find((part) => !part.hidden);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      leave();
    });
    selection.onChange((id) => this.#show(id));
  }

  /** @param {string} id */
  #show(id) {
    const part = this.parts.get(id);
    if (!part || part === this.shown) return;
    if (this.shown) this.shown.hidden = true;
    part.hidden = false;
    this.shown = part;
    this.box.scrollTop = 0;
  }

  focus() {
    this.box.focus();
  }
}
