/** The text field of chosen characters, with its buttons for deleting, copying and clearing. */

const COPIED_MS = 1600;

/**
 * Add the text field's event listeners; return the function that appends to it.
 *
 * @param {(id: string) => HTMLElement} find
 * @returns {(text: string) => void}
 */
export function createLine(find) {
  const line = /** @type {HTMLInputElement} */ (find("line"));
  const buttons = ["line-back", "line-copy", "line-clear"].map((id) => /** @type {HTMLButtonElement} */ (find(id)));
  const [back, copy, clear] = buttons;
  /** @param {string} text */
  const change = (text) => {
    line.value = text;
    line.scrollLeft = line.scrollWidth;
    refresh();
  };
  const refresh = () => {
    for (const button of buttons) button.disabled = line.value === "";
  };
  line.addEventListener("input", refresh);
  back.addEventListener("click", () => change([...line.value].slice(0, -1).join("")));
  clear.addEventListener("click", () => change(""));
  const copyAndReport = async () => {
    find("line-status").textContent = (await copyText(line)) ? "Copied" : "Selected: copy it with your keyboard";
    copy.classList.add("copied");
    setTimeout(() => {
      copy.classList.remove("copied");
      find("line-status").textContent = "";
    }, COPIED_MS);
  };
  copy.addEventListener("click", () => void copyAndReport());
  refresh(); // browsers keep what was in a field over a reload
  return (text) => change(line.value + text);
}

/**
 * Copy the whole line; where the clipboard is not allowed (no https), leave it selected.
 *
 * @param {HTMLInputElement} line
 * @returns {Promise<boolean>} whether it was copied
 */
async function copyText(line) {
  try {
    await navigator.clipboard.writeText(line.value);
    return true;
  } catch {
    line.focus();
    line.select();
    return document.execCommand("copy");
  }
}
