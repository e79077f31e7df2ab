/** The chain page: one selection, seen in the tree table, on the canvas and in the panel. */

import "./page.js";
import { startFind } from "./find.js";
import { Graph } from "./graph.js";
import { addKeys } from "./keys.js";
import { Lineage } from "./lineage.js";
import { say } from "./live.js";
import { Panel } from "./panel.js";
import { Selection } from "./selection.js";
import { walkChains } from "./neighbours.js";
import { startRecords } from "./records.js";
import { Timeline } from "./timeline.js";
import { Tree } from "./tree.js";

const article = /** @type {HTMLElement} */ (document.querySelector("article.chain"));
const table = /** @type {HTMLTableElement} */ (document.getElementById("tree"));

const lineage = new Lineage(table);
const selection = new Selection(new Set(lineage.byId.keys()), article.dataset.selected ?? "");

function focusRow() {
  lineage.byId.get(selection.id)?.row.focus();
}

const panel = new Panel(/** @type {HTMLElement} */ (document.getElementById("panel")), selection, focusRow);
const tree = new Tree(table, lineage, selection, () => panel.focus());

const find = document.getElementById("find");
if (find instanceof HTMLInputElement) startFind(find, lineage, selection);

/** @param {string} id */
function announce(id) {
  const hop = lineage.byId.get(id);
  if (!hop) return;
  const step = hop.ordinal ? `, assumption ${hop.ordinal}` : "";
  say(`Selected ${hop.label}${step}, ${hop.row.dataset.uses ?? 0} calls`);
}
selection.onChange((id, reason) => {
  if (reason !== "start") announce(id);
});

/** @param {string} id @param {() => void} run */
function button(id, run) {
  document.getElementById(id)?.addEventListener("click", run);
}

startRecords();

const fall = /** @type {HTMLElement} */ (document.getElementById("timeline"));
const timeline = new Timeline(fall, lineage, selection);
timeline.onWindow((inside) => {
  for (const hop of lineage.hops) hop.row.classList.toggle("outside", inside !== null && !inside.has(hop.id));
});
button("time-earlier", () => timeline.move(-0.5));
button("time-later", () => timeline.move(0.5));
button("time-selected", () => timeline.selected());
button("time-all", () => timeline.all());

/** @param {Graph} graph */
async function save(graph) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await graph.png());
  link.download = `roletrail-${article.dataset.session ?? "chain"}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
  say("Picture saved");
}

function startGraph() {
  const box = document.getElementById("graph");
  if (!box) return;
  if (typeof cytoscape === "undefined") {
    box.hidden = true;
    document.querySelector(".zoom")?.setAttribute("hidden", "");
    document.getElementById("graph-absent")?.removeAttribute("hidden");
    return;
  }
  const graph = new Graph(box, lineage, selection, cytoscape);
  timeline.onWindow((inside) => graph.dim(inside));
  const note = document.getElementById("graph-note");
  const shown = graph.cy.nodes("[kind != 'address']").length;
  if (note && shown < lineage.hops.length) {
    note.textContent = `Drawn: ${shown} of ${lineage.hops.length}, the path first; the table has all of them.`;
    note.hidden = false;
  }
  button("zoom-in", () => graph.zoom(1.25));
  button("zoom-out", () => graph.zoom(0.8));
  button("zoom-fit", () => graph.fit());
  addKeys([
    { key: "f", does: "Fit the graph", run: () => graph.fit() },
    { key: "+", does: "Zoom in", run: () => graph.zoom(1.25) },
    { key: "-", does: "Zoom out", run: () => graph.zoom(0.8) },
    { key: "0", does: "Real size", run: () => graph.zoom(1 / graph.cy.zoom()) },
    { key: "1", does: "To the graph", run: () => box.scrollIntoView({ block: "nearest" }) },
  ]);
  button("png", () => void save(graph));
  // The e2e suite reads computed styles from the canvas, which has no elements to look at.
  Object.assign(box, { graph });
}

addKeys([
  { key: "2", does: "To the tree", run: focusRow },
  {
    key: "3",
    does: "To the timeline",
    run: () => {
      fall.scrollIntoView({ block: "nearest" });
      document.getElementById("brush-from")?.focus({ preventScroll: true });
    },
  },
  { key: "[", does: "Previous chain of the list", run: () => walkChains(-1) },
  { key: "]", does: "Next chain of the list", run: () => walkChains(1) },
  { key: "j", does: "Next session", run: () => tree.step(1) },
  { key: "k", does: "Previous session", run: () => tree.step(-1) },
  { key: "ArrowDown", shown: "↑ ↓", does: "In the tree: previous, next row" },
  { key: "ArrowRight", shown: "← →", does: "In the tree: fold or parent, unfold or child" },
  { key: "Enter", does: "In the tree: to the panel; Esc back" },
]);
startGraph();
