/** The choice of the model, where the site has several: a select, remembered on this device. */

const KEY = `kakitori model ${new URL("..", import.meta.url).pathname}`;

/**
 * Return the folder that was chosen before. Storage is refused in some private windows; the choice then lasts as long as
 * the page.
 *
 * @returns {string | null}
 */
function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {string} folder */
function remember(folder) {
  try {
    localStorage.setItem(KEY, folder);
  } catch {
    // Storage is refused: the choice is not remembered.
  }
}

/**
 * Return a function that returns the chosen model's folder within the site.
 *
 * @param {HTMLSelectElement | null} select null where there is one model
 * @param {() => void} onChange
 * @returns {() => string}
 */
export function createModels(select, onChange) {
  if (select === null) return () => "model/";
  const folders = [...select.options].map((option) => option.value);
  const before = remembered();
  select.value = before !== null && folders.includes(before) ? before : folders[0]; // browsers keep it over a reload, too
  select.addEventListener("change", () => {
    remember(select.value);
    onChange();
  });
  return () => select.value;
}
