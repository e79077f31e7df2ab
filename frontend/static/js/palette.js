/** The colours of the page as the canvas needs them: read from the root element, where the theme is set. */

/**
 * @typedef {{ line: string, text: string }} Tone
 * @typedef {object} Palette
 * @property {string} surface
 * @property {string} text
 * @property {string} chosen
 * @property {string} focus
 * @property {string} font
 * @property {Record<"context" | "calm" | "watch" | "alarm", Tone>} tones
 */

/** @returns {Palette} */
export function palette() {
  const computed = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const value = (name) => computed.getPropertyValue(name).trim();
  /** @param {number} step @returns {Tone} */
  const tone = (step) => ({ line: value(`--tone-${step}`), text: value(`--on-tone-${step}`) });
  return {
    surface: value("--surface"),
    text: value("--text"),
    chosen: value("--chosen"),
    focus: value("--focus"),
    font: computed.fontFamily,
    tones: { context: tone(0), calm: tone(1), watch: tone(2), alarm: tone(3) },
  };
}
