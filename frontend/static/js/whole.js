/**
 * The table of a whole lineage. It may have twenty thousand rows: only those in view exist. A subtree is a range of places,
 * so that what hangs below a selection is known without walking it.
 */

import "./page.js";
import { addKeys } from "./keys.js";
import { say } from "./live.js";

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {number} parent
 * @property {number} end
 * @property {number} level
 * @property {string} kind
 * @property {number} ordinal
 * @property {string} tone
 * @property {string} label
 * @property {string} name
 * @property {string} account
 * @property {string} issued_at
 * @property {string} expires_at
 * @property {number} uses
 * @property {number} errors
 * @property {string} join
 */

const HEIGHT = 36;
const BEYOND = 8;
const grouped = new Intl.NumberFormat("en-GB");

/** @param {string} name @param {string} [className] @param {string} [text] */
function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** @param {string} iso */
const moment = (iso) => (iso ? `${iso.slice(0, 10)} ${iso.slice(11, 19)}` : "–");

class Whole {
  /** @param {HTMLElement} box @param {HTMLElement} body @param {Row[]} rows */
  constructor(box, body, rows) {
    this.box = box;
    this.body = body;
    this.rows = rows;
    const asked = new URLSearchParams(location.search).get("sel") ?? box.dataset.session ?? "";
    this.chosen = Math.max(0, rows.findIndex((row) => row.id === asked));
    /** @type {Set<number>} */
    this.path = new Set();
    this.above = document.createElement("tr");
    this.below = document.createElement("tr");
    for (const space of [this.above, this.below]) {
      space.className = "space";
      space.setAttribute("aria-hidden", "true");
      space.append(document.createElement("td"));
    }
    body.replaceChildren(this.above, this.below);
    /** @type {Map<number, HTMLTableRowElement>} Rows in the page by their place. */
    this.made = new Map();
    box.classList.add("windowed");
    let asking = false;
    box.addEventListener("scroll", () => {
      if (asking) return;
      asking = true;
      requestAnimationFrame(() => {
        asking = false;
        this.draw();
      });
    });
    body.addEventListener("click", (event) => this.#clicked(event));
    box.addEventListener("keydown", (event) => this.#pressed(event));
    new ResizeObserver(() => this.draw()).observe(box);
    this.draw(); // a box without its height cannot be scrolled to what is chosen
    this.choose(this.chosen, false);
  }

  /** @param {number} place @param {boolean} [kept] Whether the address follows. */
  choose(place, kept = true) {
    this.chosen = Math.min(this.rows.length - 1, Math.max(0, place));
    this.path = new Set();
    for (let at = this.chosen; at >= 0; at = this.rows[at]?.parent ?? -1) this.path.add(at);
    this.#reveal();
    this.draw();
    this.#relight();
    const row = this.rows[this.chosen];
    if (!kept || !row) return;
    const address = new URL(location.href);
    address.searchParams.set("sel", row.id);
    history.replaceState(null, "", address);
    say(`Selected ${row.label}${row.ordinal ? `, assumption ${row.ordinal}` : ""}, row ${this.chosen + 1} of ${this.rows.length}`);
  }

  #reveal() {
    const head = this.box.querySelector("thead")?.clientHeight ?? 0;
    const top = this.chosen * HEIGHT;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + HEIGHT + head > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + HEIGHT + head - this.box.clientHeight;
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / HEIGHT) - BEYOND);
    const last = Math.min(this.rows.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / HEIGHT) + BEYOND);
    /** @type {HTMLElement} */ (this.above.firstChild).style.height = `${first * HEIGHT}px`;
    /** @type {HTMLElement} */ (this.below.firstChild).style.height = `${(this.rows.length - last) * HEIGHT}px`;
    for (const [place, made] of this.made) {
      if (place >= first && place < last) continue;
      made.remove();
      this.made.delete(place);
    }
    // Rows that stay in view stay in the page: a step of the wheel makes a few and drops a few.
    let after = this.above;
    for (let place = first; place < last; place++) {
      const row = this.rows[place];
      const known = this.made.get(place);
      const made = known ?? (row ? this.#row(row, place) : undefined);
      if (!made) continue;
      if (!known) {
        this.made.set(place, made);
        after.after(made);
      }
      after = made;
    }
  }

  #relight() {
    for (const [place, made] of this.made) this.#light(made, place);
  }

  /** @param {HTMLTableRowElement} made @param {number} place */
  #light(made, place) {
    const lit = this.path.has(place) || (place >= this.chosen && place < (this.rows[this.chosen]?.end ?? 0));
    made.className = lit ? "lit" : "faded";
    made.setAttribute("aria-selected", String(place === this.chosen));
  }

  /** @param {Row} row @param {number} place */
  #row(row, place) {
    const made = document.createElement("tr");
    this.#light(made, place);
    made.dataset.place = String(place);
    made.setAttribute("aria-level", String(row.level));
    made.setAttribute("aria-rowindex", String(place + 1));
    const head = element("th", `cred level-${Math.min(row.level, 9)}`);
    head.setAttribute("scope", "row");
    const inside = element("span", "cred-in");
    if (row.ordinal) {
      const chip = element("span", `chip tone-${row.tone}`);
      chip.append(element("b", "", String(row.ordinal)));
      inside.append(chip);
    }
    const link = /** @type {HTMLAnchorElement} */ (element("a", "name", row.label));
    link.href = `/sessions/${row.id}`;
    inside.append(link, element("bdi", "sub mono", row.name));
    head.append(inside);
    const calls = element("td", "right num", grouped.format(row.uses));
    if (row.errors) calls.append(" ", element("span", "denied-inline", `${grouped.format(row.errors)} failed`));
    made.append(head, element("td", "", row.account), element("td", "when", moment(row.issued_at)), element("td", "when", moment(row.expires_at)), calls, element("td", "", row.join || "–"));
    return made;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    if (!(event.target instanceof Element) || event.target.closest("a")) return;
    const row = event.target.closest("tr[data-place]");
    if (row instanceof HTMLElement) this.choose(Number(row.dataset.place));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / HEIGHT) - 2);
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: this.chosen + 1,
      ArrowUp: this.chosen - 1,
      ArrowLeft: this.rows[this.chosen]?.parent ?? 0,
      ArrowRight: this.rows[this.chosen + 1]?.parent === this.chosen ? this.chosen + 1 : this.chosen,
      Home: 0,
      End: this.rows.length - 1,
      PageDown: this.chosen + page,
      PageUp: this.chosen - page,
    };
    const place = places[event.key];
    if (event.key === "Enter") location.assign(`/sessions/${this.rows[this.chosen]?.id ?? ""}`);
    else if (place === undefined) return;
    else this.choose(place);
    event.preventDefault();
  }

  /** @param {string} text @param {1 | -1} by The next row that holds a text. */
  find(text, by) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return;
    for (let n = 1; n <= this.rows.length; n++) {
      const place = (this.chosen + by * n + this.rows.length * 2) % this.rows.length;
      const row = this.rows[place];
      if (row && `${row.label} ${row.name} ${row.account}`.toLowerCase().includes(wanted)) return this.choose(place);
    }
    say("Nothing found");
  }
}

async function start() {
  const box = document.getElementById("whole");
  const body = document.getElementById("whole-rows");
  if (!box || !body) return;
  const answer = await fetch(`/api/v1/sessions/${box.dataset.session ?? ""}/lineage`, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const whole = new Whole(box, body, (await answer.json()).rows);
  document.getElementById("whole-pager")?.remove();
  const note = document.getElementById("whole-note");
  if (note) note.textContent = "Arrows walk the tree, Enter opens";
  const find = document.getElementById("find");
  if (find instanceof HTMLInputElement) {
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") whole.find(find.value, event.shiftKey ? -1 : 1);
    });
  }
  addKeys([
    { key: "j", does: "Next row", run: () => whole.choose(whole.chosen + 1) },
    { key: "k", does: "Previous row", run: () => whole.choose(whole.chosen - 1) },
  ]);
  // The bench measures how long a selection takes to be seen.
  Object.assign(box, { whole });
}

void start();
