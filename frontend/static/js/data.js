/** The data page while logs go in: totals follow the store, by events of the server, else by asking every five seconds. */

import "./page.js";
import { say } from "./live.js";

/** @typedef {Record<string, unknown> & { events: number, pending: number, quarantined: number, objects: number }} Totals */
/** @typedef {Record<string, unknown> & { id: string }} Ingest */

const progress = document.getElementById("progress");
const cells = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-total]")]);
const grouped = new Intl.NumberFormat("en-GB");
const RECENT = 10_000;

/** @type {Array<{ at: number, events: number }>} Of the last ten seconds: what a rate is computed from. */
let recent = [];
let running = false;

/** @param {Totals} totals */
function show(totals) {
  for (const cell of cells) {
    const value = totals[cell.dataset.total ?? ""];
    if (typeof value === "number") cell.textContent = grouped.format(value);
  }
  const now = Date.now();
  const grew = recent.length > 0 && totals.events > (recent.at(-1)?.events ?? 0);
  recent = [...recent.filter((one) => now - one.at < RECENT), { at: now, events: totals.events }];
  if (grew || totals.pending) tell(totals, now);
  else if (running) done();
}

/** @param {Totals} totals @param {number} now */
function tell(totals, now) {
  if (!progress) return;
  const first = recent[0];
  const seconds = first ? (now - first.at) / 1000 : 0;
  const rate = first && seconds > 0 ? Math.round((totals.events - first.events) / seconds) : 0;
  const linking = totals.pending ? `, ${grouped.format(totals.pending)} observations to link` : "";
  const refused = totals.quarantined ? `, ${grouped.format(totals.quarantined)} quarantined` : "";
  progress.textContent = `Logs are going in: ${grouped.format(rate)} events a second, ${grouped.format(totals.objects)} objects${linking}${refused}.`;
  progress.hidden = false;
  running = true;
}

function done() {
  running = false;
  if (!progress) return;
  progress.textContent = "Nothing more is going in. Load this page again for coverage and files.";
  say("Nothing more is going in");
}

/** Rows that are on the page follow what runs. @param {Ingest[]} ingests */
function follow(ingests) {
  for (const one of ingests) {
    const row = document.querySelector(`[data-ingest="${CSS.escape(one.id)}"]`);
    for (const cell of row?.querySelectorAll("[data-field]") ?? []) {
      const value = one[/** @type {HTMLElement} */ (cell).dataset.field ?? ""];
      const text = typeof value === "number" ? grouped.format(value) : String(value ?? "");
      if (cell.textContent !== text) cell.textContent = text;
    }
  }
}

/** @param {string} address */
async function asked(address) {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(address);
  return answer.json();
}

async function ask() {
  try {
    show(await asked("/api/v1/health"));
    follow((await asked("/api/v1/ingests?limit=10")).items);
  } catch {
    // The server is away for a moment; the next round asks again.
  }
}

function listen() {
  if (typeof EventSource === "undefined") {
    window.setInterval(() => void ask(), 5000);
    return;
  }
  const source = new EventSource("/data/live");
  source.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    show(told.totals);
    follow(told.ingests);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) window.setInterval(() => void ask(), 5000);
  });
  window.addEventListener("pagehide", () => source.close());
}

listen();
