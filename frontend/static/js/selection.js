/** The one selected hop, kept in the address (`?sel=`), with everybody told when it changes. */

/** @typedef {(id: string, reason: "start" | "user" | "history") => void} Listener */

export class Selection {
  /** @param {Set<string>} known @param {string} first */
  constructor(known, first) {
    this.known = known;
    this.first = first;
    this.id = this.asked() || first;
    /** @type {Listener[]} */
    this.listeners = [];
    window.addEventListener("popstate", () => this.#tell(this.asked() || this.first, "history"));
  }

  /** The hop the address asks for; an unknown or stale one counts as none. */
  asked() {
    const asked = new URLSearchParams(location.search).get("sel") ?? "";
    return this.known.has(asked) ? asked : "";
  }

  /** @param {Listener} listener */
  onChange(listener) {
    this.listeners.push(listener);
    listener(this.id, "start");
  }

  /** @param {string} id */
  choose(id) {
    if (id === this.id || !this.known.has(id)) return;
    const address = new URL(location.href);
    address.searchParams.set("sel", id);
    address.hash = "";
    history.pushState(null, "", address);
    this.#tell(id, "user");
  }

  /** @param {string} id @param {"user" | "history"} reason */
  #tell(id, reason) {
    this.id = id;
    for (const listener of this.listeners) listener(id, reason);
  }
}
