/** Preferences of this browser. Storage may be forbidden or full: then they last as long as the page. */

/** @param {string} name @returns {string} */
export function read(name) {
  try {
    return localStorage.getItem("roletrail." + name) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} name @param {string} value An empty value forgets it. */
export function write(name, value) {
  try {
    if (value) localStorage.setItem("roletrail." + name, value);
    else localStorage.removeItem("roletrail." + name);
  } catch {
    // Nothing is lost but the memory of a choice.
  }
}
