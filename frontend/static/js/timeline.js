/**
 * The waterfall: the server drew it; here its marks move along the axis when the window of time changes, and lanes follow
 * the selection. The window stands in the address (`?t=from~to`) and is never a stored preference.
 */

/** @typedef {import("./lineage.js").Lineage} Lineage */
/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {(inside: Set<string> | null) => void} Listener Told who was active in the window; null when it is everything. */

import { say } from "./live.js";
import { ticks } from "./ticks.js";

const SVG = "http://www.w3.org/2000/svg";
const STEPS = 1000;
const LEAST_BAR = 3;

/** @param {number} at Epoch seconds. */
const iso = (at) => new Date(at * 1000).toISOString().replace(".000Z", "Z");

/** @param {string} text @returns {number} */
const seconds = (text) => Math.round(Date.parse(text) / 1000);

export class Timeline {
  /** @param {HTMLElement} card @param {Lineage} lineage @param {Selection} selection */
  constructor(card, lineage, selection) {
    this.lineage = lineage;
    this.selection = selection;
    this.svg = /** @type {SVGSVGElement} */ (card.querySelector("svg.fall"));
    this.since = Number(this.svg.dataset.since);
    this.until = Number(this.svg.dataset.until);
    this.gutter = Number(this.svg.dataset.gutter);
    this.right = Number(this.svg.dataset.right);
    this.height = this.svg.viewBox.baseVal.height;
    this.bars = [...this.svg.querySelectorAll("[data-a]")].map((node) => ({ node, a: number(node, "a"), b: number(node, "b") }));
    this.dots = [...this.svg.querySelectorAll("[data-at]")].map((node) => ({ node, at: number(node, "at"), y: number(node, "y") }));
    this.lanes = new Map([...this.svg.querySelectorAll("[data-lane]")].map((lane) => [lane.getAttribute("data-lane") ?? "", lane]));
    this.axis = /** @type {SVGGElement} */ (this.svg.querySelector(".fall-axis"));
    this.line = this.axis.querySelector("path")?.getAttribute("d") ?? "";
    this.from = this.since;
    this.to = this.until;
    /** @type {Listener[]} */
    this.listeners = [];
    this.frame = /** @type {HTMLElement} */ (card.querySelector("#brush-window"));
    this.low = /** @type {HTMLInputElement} */ (card.querySelector("#brush-from"));
    this.high = /** @type {HTMLInputElement} */ (card.querySelector("#brush-to"));
    this.texts = ["#fall-from", "#fall-to"].map((name) => /** @type {HTMLElement} */ (card.querySelector(name)));
    this.#brush(/** @type {HTMLElement} */ (card.querySelector("#brush")));
    this.svg.addEventListener("click", (event) => {
      const lane = event.target instanceof Element ? event.target.closest("[data-lane]") : null;
      if (lane && !(event.target instanceof Element && event.target.closest("a"))) selection.choose(lane.getAttribute("data-lane") ?? "");
    });
    selection.onChange((id) => this.#chosen(id));
    new ResizeObserver(() => this.#draw()).observe(/** @type {Element} */ (this.svg.parentElement));
    this.#asked();
    window.addEventListener("popstate", () => this.#asked());
  }

  /** @param {Listener} listener */
  onWindow(listener) {
    this.listeners.push(listener);
    listener(this.#inside());
  }

  /** The window the address asks for; anything unusable counts as none. */
  #asked() {
    const [from, to] = (new URLSearchParams(location.search).get("t") ?? "").split("~").map(seconds);
    if (from && to && to > from && to > this.since && from < this.until) this.#window(from, to);
    else this.#window(this.since, this.until);
  }

  /** @param {number} from @param {number} to */
  #window(from, to) {
    this.from = Math.max(this.since, Math.round(from));
    this.to = Math.min(this.until, Math.max(Math.round(to), this.from + 1));
    const span = this.until - this.since;
    this.low.value = String(Math.round((STEPS * (this.from - this.since)) / span));
    this.high.value = String(Math.round((STEPS * (this.to - this.since)) / span));
    this.frame.style.left = `${(100 * (this.from - this.since)) / span}%`;
    this.frame.style.right = `${(100 * (this.until - this.to)) / span}%`;
    for (const [field, at] of /** @type {const} */ ([["low", this.from], ["high", this.to]])) this[field].setAttribute("aria-valuetext", iso(at));
    this.texts.forEach((node, n) => (node.textContent = iso(n ? this.to : this.from).replace("T", " ").replace("Z", " UTC")));
    this.#draw();
    const inside = this.#inside();
    for (const listener of this.listeners) listener(inside);
  }

  /** The same, kept in the address: filters replace, they do not pile up. @param {number} from @param {number} to */
  choose(from, to) {
    this.#window(from, to);
    const address = new URL(location.href);
    if (this.from <= this.since && this.to >= this.until) address.searchParams.delete("t");
    else address.searchParams.set("t", `${iso(this.from)}~${iso(this.to)}`);
    history.replaceState(null, "", address);
    say(`Window ${iso(this.from)} to ${iso(this.to)}`);
  }

  /** @param {number} share Of the window's own width, negative for earlier. */
  move(share) {
    const width = this.to - this.from;
    const by = Math.min(this.until - this.to, Math.max(this.since - this.from, width * share));
    this.choose(this.from + by, this.to + by);
  }

  all() {
    this.choose(this.since, this.until);
  }

  /** The time of the selected credential, with air around it. */
  selected() {
    const hop = this.lineage.byId.get(this.selection.id);
    if (!hop?.first) return;
    const [first, last] = [seconds(hop.first), seconds(hop.last)];
    const air = Math.max(30, (last - first) / 8);
    this.choose(first - air, last + air);
  }

  /** @returns {Set<string> | null} */
  #inside() {
    if (this.from <= this.since && this.to >= this.until) return null;
    const [from, to] = [iso(this.from), iso(this.to)];
    return new Set(this.lineage.hops.filter((hop) => !hop.first || (hop.first <= to && hop.last >= from)).map((hop) => hop.id));
  }

  /** @param {number} at */
  #x(at) {
    return this.gutter + ((this.width - this.gutter - this.right) * (at - this.from)) / (this.to - this.from);
  }

  get width() {
    return Math.max(420, (this.svg.parentElement?.clientWidth ?? 0) - 32);
  }

  #draw() {
    const width = this.width;
    const end = width - this.right;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.setAttribute("width", String(width));
    this.svg.style.width = `${width}px`;
    for (const { node, a, b } of this.bars) {
      const left = Math.max(this.gutter, this.#x(a));
      const right = Math.min(end, this.#x(b));
      const shown = b >= this.from && a <= this.to;
      node.toggleAttribute("hidden", !shown);
      node.setAttribute("display", shown ? "inline" : "none");
      node.setAttribute("x", String(left));
      node.setAttribute("width", String(Math.max(LEAST_BAR, right - left)));
    }
    for (const { node, at, y } of this.dots) {
      node.setAttribute("display", at >= this.from && at <= this.to ? "inline" : "none");
      node.setAttribute("transform", `translate(${this.#x(at)} ${y})`);
    }
    for (const hit of this.svg.querySelectorAll(".fall-hit")) hit.setAttribute("width", String(width));
    this.#axis();
  }

  #axis() {
    this.axis.replaceChildren(
      ...ticks(this.from, this.to).map(({ at, label }) => {
        const group = document.createElementNS(SVG, "g");
        group.setAttribute("transform", `translate(${this.#x(at)} 0)`);
        const line = document.createElementNS(SVG, "path");
        line.setAttribute("class", "fall-line");
        line.setAttribute("d", this.line);
        const text = document.createElementNS(SVG, "text");
        text.setAttribute("class", "fall-tick");
        text.setAttribute("y", "16");
        text.setAttribute("text-anchor", "middle");
        text.textContent = label;
        group.append(line, text);
        return group;
      }),
    );
  }

  /** @param {string} id */
  #chosen(id) {
    const lit = this.lineage.lit(id);
    for (const [lane, node] of this.lanes) {
      node.classList.toggle("chosen", lane === id);
      node.classList.toggle("faded", !lit.has(lane));
    }
  }

  // --- the brush ---

  /** @param {HTMLElement} box */
  #brush(box) {
    const span = this.until - this.since;
    /** @param {string} value */
    const at = (value) => this.since + (Number(value) * span) / STEPS;
    this.low.addEventListener("input", () => this.choose(Math.min(at(this.low.value), this.to - span / STEPS), this.to));
    this.high.addEventListener("input", () => this.choose(this.from, Math.max(at(this.high.value), this.from + span / STEPS)));
    let begun = 0;
    /** @param {PointerEvent} event */
    const under = (event) => {
      const place = box.getBoundingClientRect();
      return this.since + span * Math.min(1, Math.max(0, (event.clientX - place.left) / place.width));
    };
    box.addEventListener("pointerdown", (event) => {
      if (event.target instanceof HTMLInputElement || event.button) return;
      begun = under(event);
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      if (!begun || Math.abs(under(event) - begun) < span / 100) return;
      const [from, to] = [begun, under(event)].sort((a, b) => a - b);
      this.#window(from ?? 0, to ?? 0);
    });
    box.addEventListener("pointerup", () => {
      if (begun) this.choose(this.from, this.to);
      begun = 0;
    });
  }
}

/** @param {Element} node @param {string} name */
function number(node, name) {
  return Number(node.getAttribute(`data-${name}`));
}
