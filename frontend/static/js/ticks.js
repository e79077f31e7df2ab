/** Round times for an axis, at most seven: the same as the server draws (render/waterfall.py). */

const MOST = 7;
const DAY = 86_400;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];

/** @param {number} since @param {number} until Epoch seconds. @returns {Array<{ at: number, label: string }>} */
export function ticks(since, until) {
  const span = Math.max(1, until - since);
  const step = STEPS.find((each) => span / each <= MOST) ?? DAY * Math.ceil(span / (DAY * MOST));
  /** @type {Array<{ at: number, label: string }>} */
  const found = [];
  for (let at = Math.ceil(since / step) * step; at <= until; at += step) found.push({ at, label: label(at, span) });
  return found;
}

/** @param {number} at @param {number} span */
function label(at, span) {
  const text = new Date(at * 1000).toISOString();
  if (span > DAY) return `${text.slice(5, 10)} ${text.slice(11, 16)}`;
  return span < 600 ? text.slice(11, 19) : text.slice(11, 16);
}
