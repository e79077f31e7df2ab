/**
 * The canvas: the same hops as the tree table, at the server's positions. It is a second view; the page lives without it.
 */

import { palette } from "./palette.js";
import { onTheme } from "./theme.js";

/** @typedef {import("./lineage.js").Hop} Hop */
/** @typedef {import("./lineage.js").Lineage} Lineage */
/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {import("cytoscape").Core} Core */
/** @typedef {import("cytoscape").ElementDefinition} ElementDefinition */

const ADDRESS_GAP = 160;
const MOST_DRAWN = 400;
const UNCERTAIN_BELOW = 0.85;
const WIDTHS = { context: 1.5, calm: 2, watch: 3.5, alarm: 5 };

/** @param {Hop} hop */
function shapeOf(hop) {
  if (hop.workload && hop.kind !== "session") return { shape: "hexagon", width: 42, height: 38 };
  switch (hop.kind) {
    case "session":
      return { shape: "round-rectangle", width: 48, height: 36 };
    case "unknown":
      return { shape: "octagon", width: 38, height: 38 };
    case "folded":
      return { shape: "rectangle", width: 48, height: 28 };
    default:
      return { shape: "ellipse", width: 48, height: 36 };
  }
}

/** @param {string} text @param {number} most */
function cut(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

/** @param {Hop} hop */
function words(hop) {
  const label = hop.label.length > 20 ? hop.label.replace(" ", "\n") : hop.label;
  const first = (hop.crossed ? "⇄ " : "") + label.split("\n").map((line) => cut(line, 24)).join("\n");
  const second = [cut(hop.name === hop.label ? "" : hop.name, 10), hop.kind === "folded" ? "" : hop.clock].filter(Boolean).join(" · ");
  return [first, second, hop.crossed ? hop.account : ""].filter(Boolean).join("\n");
}

/** The path and then the first rows, at most so many that a canvas stays readable. @param {Lineage} lineage @returns {Hop[]} */
export function drawn(lineage) {
  if (lineage.hops.length <= MOST_DRAWN) return lineage.hops;
  /** @type {Set<string>} */
  const kept = new Set();
  for (const hop of [...lineage.hops.filter((each) => each.row.classList.contains("on-path")), ...lineage.hops]) {
    if (kept.size >= MOST_DRAWN) break;
    if (!hop.parent || kept.has(hop.parent) || !lineage.byId.has(hop.parent)) kept.add(hop.id);
  }
  return lineage.hops.filter((hop) => kept.has(hop.id));
}

/** @param {Lineage} lineage @returns {ElementDefinition[]} */
function elements(lineage) {
  /** @type {ElementDefinition[]} */
  const made = [];
  for (const hop of drawn(lineage)) {
    made.push({
      group: "nodes",
      data: { id: hop.id, label: words(hop), kind: hop.kind, tone: hop.tone, ...shapeOf(hop) },
      position: { x: hop.x, y: hop.y },
    });
    if (lineage.byId.has(hop.parent)) made.push(edge(hop));
  }
  const root = lineage.hops[0];
  if (root?.address && !root.parent) made.push(...addressOf(root));
  return made;
}

/** @param {Hop} hop @returns {ElementDefinition} */
function edge(hop) {
  const tone = /** @type {keyof typeof WIDTHS} */ (hop.tone);
  return {
    group: "edges",
    data: {
      id: `to-${hop.id}`,
      source: hop.parent,
      target: hop.id,
      child: hop.id,
      tone,
      width: WIDTHS[tone] ?? 1.5,
      digit: hop.ordinal ? String(hop.ordinal) : "",
      line: hop.confidence < UNCERTAIN_BELOW ? "dotted" : "solid",
    },
  };
}

/** The address the first step was asked for from, as the first stop of the eye. @param {Hop} root @returns {ElementDefinition[]} */
function addressOf(root) {
  return [
    {
      group: "nodes",
      data: { id: "address", label: root.address, kind: "address", tone: "context", shape: "diamond", width: 36, height: 36 },
      position: { x: root.x - ADDRESS_GAP, y: root.y },
    },
    {
      group: "edges",
      data: { id: "from-address", source: "address", target: root.id, child: root.id, tone: "context", width: 1.5, digit: "", line: "solid" },
    },
  ];
}

/** @param {Palette} colours @returns {import("cytoscape").StylesheetJson} */
function styles(colours) {
  const tones = /** @type {const} */ (["context", "calm", "watch", "alarm"]);
  return [
    {
      selector: "node",
      style: {
        shape: /** @type {any} */ ("data(shape)"),
        width: "data(width)",
        height: "data(height)",
        "background-color": colours.surface,
        "border-width": 2,
        "border-color": colours.tones.context.line,
        label: "data(label)",
        color: colours.text,
        "font-family": colours.font,
        "font-size": 15,
        "min-zoomed-font-size": 6,
        "text-max-width": "204px",
        "text-overflow-wrap": "anywhere",
        "text-wrap": "wrap",
        "text-valign": "bottom",
        "text-margin-y": 6,
        "line-height": 1.2,
        "text-background-color": colours.surface,
        "text-background-opacity": 0.85,
        "overlay-opacity": 0,
      },
    },
    { selector: "node[kind = 'unknown']", style: { "border-style": "dashed" } },
    { selector: "node[kind = 'folded']", style: { "border-style": "dashed" } },
    {
      selector: "edge",
      style: {
        width: "data(width)",
        "line-style": /** @type {any} */ ("data(line)"),
        "curve-style": "taxi",
        "taxi-direction": "rightward",
        "taxi-turn": 68,
        "taxi-turn-min-distance": 5,
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.9,
        "target-label": "data(digit)",
        "target-text-offset": 46,
        "font-family": colours.font,
        "font-size": 14,
        "font-weight": "bold",
        "z-index": 2,
        "min-zoomed-font-size": 5,
        "text-background-opacity": 1,
        "text-background-shape": "roundrectangle",
        "text-background-padding": "3px",
        "overlay-opacity": 0,
      },
    },
    ...tones.map((tone) => ({
      selector: `edge[tone = '${tone}']`,
      style: {
        "line-color": colours.tones[tone].line,
        "target-arrow-color": colours.tones[tone].line,
        "text-background-color": colours.tones[tone].line,
        color: colours.tones[tone].text,
      },
    })),
    ...tones.map((tone) => ({ selector: `node[kind = 'session'][tone = '${tone}']`, style: { "border-color": colours.tones[tone].line } })),
    { selector: ".faded", style: { opacity: 0.3, "z-index": 1 } },
    { selector: ".outside", style: { opacity: 0.18 } },
    {
      selector: "node.chosen",
      style: { "border-width": 3.5, "background-color": colours.chosen, "underlay-color": colours.focus, "underlay-opacity": 0.22, "underlay-padding": 7 },
    },
  ];
}

export class Graph {
  /** @param {HTMLElement} box @param {Lineage} lineage @param {Selection} selection @param {typeof import("cytoscape")} make */
  constructor(box, lineage, selection, make) {
    this.box = box;
    this.lineage = lineage;
    /** A person has chosen the part of the picture to look at: it stays. */
    this.moved = false;
    /** @type {Core} */
    this.cy = make({
      container: box,
      elements: elements(lineage),
      style: styles(palette()),
      layout: { name: "preset" },
      minZoom: 0.08,
      maxZoom: 2.5,
      autoungrabify: true,
      boxSelectionEnabled: false,
    });
    /** Every element that can fade, with the hop that decides it. @type {Array<[import("cytoscape").SingularElementArgument, string]>} */
    this.lightable = [
      ...this.cy.nodes().filter((node) => node.id() !== "address").map((node) => /** @type {[any, string]} */ ([node, node.id()])),
      ...this.cy.edges().map((each) => /** @type {[any, string]} */ ([each, each.data("child")])),
    ];
    /** @type {import("cytoscape").CollectionReturnValue | undefined} */
    this.chosen = undefined;
    this.cy.on("tap", "node, edge", (event) => selection.choose(event.target.data("child") ?? event.target.id()));
    onTheme(() => this.cy.style(styles(palette())));
    new ResizeObserver(() => {
      this.cy.resize();
      if (!this.moved) this.fit();
    }).observe(box);
    this.cy.on("dragpan scrollzoom", () => (this.moved = true));
    this.fit();
    selection.onChange((id) => this.#chosen(id));
  }

  /** Everything in view, but never larger than life, and never so small that names cannot be read: then from the left. */
  fit() {
    this.cy.fit(undefined, 26);
    if (this.cy.zoom() > 1) {
      this.cy.zoom(1);
      this.cy.center();
    } else if (this.cy.zoom() < 0.6) {
      this.cy.zoom(0.75);
      const first = this.cy.nodes().boundingBox();
      const middle = this.cy.nodes()[0]?.position().y ?? 0;
      this.cy.pan({ x: 24 - first.x1 * 0.75, y: this.box.clientHeight / 2 - middle * 0.75 });
    }
  }

  /** @param {number} factor */
  zoom(factor) {
    this.cy.zoom({ level: this.cy.zoom() * factor, renderedPosition: { x: this.box.clientWidth / 2, y: this.box.clientHeight / 2 } });
  }

  /** The whole graph, twice as large as on screen, on the page's own ground. @returns {Promise<Blob>} */
  async png() {
    const options = { full: true, scale: 2, maxWidth: 8_000, maxHeight: 8_000, bg: palette().surface };
    const picture = /** @type {Promise<Blob>} */ (/** @type {unknown} */ (this.cy.png({ ...options, output: "blob-promise" })));
    return await picture;
  }

  /** Credentials that were not active in the window of time stand back. @param {Set<string> | null} inside */
  dim(inside) {
    this.cy.batch(() => {
      this.cy.elements().forEach((each) => {
        each.toggleClass("outside", inside !== null && !inside.has(each.data("child") ?? each.id()));
      });
    });
  }

  /** @param {string} id */
  #chosen(id) {
    const lit = this.lineage.lit(id);
    // Only what changes is touched: on a large canvas every change of a class costs a look at the style sheet.
    this.cy.batch(() => {
      this.chosen?.removeClass("chosen");
      for (const [each, shown] of this.lightable) {
        const dark = !lit.has(shown);
        if (each.hasClass("faded") !== dark) each.toggleClass("faded", dark);
      }
      this.chosen = this.cy.getElementById(id).addClass("chosen");
    });
    this.#show(id);
  }

  /** @param {string} id */
  #show(id) {
    const there = this.cy.getElementById(id);
    if (there.empty()) return;
    const place = there.renderedBoundingBox({});
    if (place.x1 >= 0 && place.y1 >= 0 && place.x2 <= this.box.clientWidth && place.y2 <= this.box.clientHeight) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const node = this.cy.getElementById(id);
    if (still) this.cy.center(node);
    else this.cy.animate({ center: { eles: node }, duration: 160 });
  }
}
