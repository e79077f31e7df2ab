/**
 * The chain as the tree table holds it. The table is the one source: canvas, panel and selection read it from here.
 */

/**
 * @typedef {object} Hop
 * @property {string} id
 * @property {string} parent Empty at the root.
 * @property {string} kind session, key, origin, unknown or folded.
 * @property {string} workload
 * @property {number} ordinal
 * @property {string} tone
 * @property {string} label
 * @property {string} name Role session name.
 * @property {string} clock Time of issue, hh:mm:ss.
 * @property {string} account
 * @property {boolean} crossed In another account than its parent.
 * @property {number} confidence Of the join to the parent; 0 without one.
 * @property {string} pivot
 * @property {string} address The address it was most used from.
 * @property {string} first Issue or first use, ISO 8601; empty when unknown.
 * @property {string} last
 * @property {number} x
 * @property {number} y
 * @property {HTMLTableRowElement} row
 */

export class Lineage {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    /** @type {Hop[]} */
    this.hops = [...table.tBodies].flatMap((body) => [...body.rows]).map(read);
    /** @type {Map<string, Hop>} */
    this.byId = new Map(this.hops.map((hop) => [hop.id, hop]));
    /** @type {Map<string, Hop[]>} */
    this.children = new Map();
    for (const hop of this.hops) {
      const siblings = this.children.get(hop.parent);
      if (siblings) siblings.push(hop);
      else this.children.set(hop.parent, [hop]);
    }
  }

  /** @param {string} id @returns {Hop[]} */
  childrenOf(id) {
    return this.children.get(id) ?? [];
  }

  /** Ids from the root to `id` and everything below it. @param {string} id @returns {Set<string>} */
  lit(id) {
    /** @type {Set<string>} */
    const found = new Set();
    for (let hop = this.byId.get(id); hop && !found.has(hop.id); hop = this.byId.get(hop.parent)) found.add(hop.id);
    const waiting = [...this.childrenOf(id)];
    for (let hop = waiting.pop(); hop; hop = waiting.pop()) {
      if (found.has(hop.id)) continue;
      found.add(hop.id);
      waiting.push(...this.childrenOf(hop.id));
    }
    return found;
  }
}

/** @param {HTMLTableRowElement} row @returns {Hop} */
function read(row) {
  const { id, parent, kind, workload, ordinal, tone, label, name, clock, account, crossed, confidence, pivot, address, first, last, x, y } = row.dataset;
  return {
    id: id ?? "",
    parent: parent ?? "",
    kind: kind ?? "",
    workload: workload ?? "",
    ordinal: Number(ordinal),
    tone: tone ?? "context",
    label: label ?? "",
    name: name ?? "",
    clock: clock ?? "",
    account: account ?? "",
    crossed: crossed === "true",
    confidence: Number(confidence),
    pivot: pivot ?? "",
    address: address ?? "",
    first: first ?? "",
    last: last ?? "",
    x: Number(x),
    y: Number(y),
    row,
  };
}
