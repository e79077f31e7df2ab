/** Buttons beside an event that open its raw record in place; without a script the link beside them leads to its page. */

/** @param {HTMLButtonElement} button */
async function toggle(button) {
  const item = button.closest("li");
  const shown = item?.querySelector(".record");
  if (!item) return;
  if (shown) {
    shown.remove();
    button.setAttribute("aria-expanded", "false");
    return;
  }
  button.disabled = true;
  const box = document.createElement("pre");
  box.className = "code record";
  box.tabIndex = 0;
  box.setAttribute("aria-label", "Record as JSON");
  try {
    const answer = await fetch(`/api/v1${button.dataset.record ?? ""}`, { headers: { accept: "application/json" } });
    const event = answer.ok ? await answer.json() : null;
    box.textContent = event?.record ? JSON.stringify(event.record, null, 2) : (event?.missing ?? "The record could not be read.");
  } catch {
    box.textContent = "The server did not answer.";
  }
  item.append(box);
  button.disabled = false;
  button.setAttribute("aria-expanded", "true");
}

export function startRecords() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-record]") : null;
    if (button instanceof HTMLButtonElement) void toggle(button);
  });
}
