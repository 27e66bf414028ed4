/** The progress of loading the model, and its errors. */

/** @import { Progress } from "../kakitori/index.js" */

/** @param {number} bytes @returns {string} */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/** @type {Record<Progress["stage"], (progress: Progress) => string>} */
const WORDS = Object.freeze({
  facts: () => "Fetching the model…",
  download: ({ loadedBytes, totalBytes }) => `Fetching the model: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB`,
  start: () => "Starting the model…",
  ready: () => "",
});

/**
 * @typedef {Object} Loading
 * @property {(progress: Progress) => void} progress
 * @property {(error: unknown, canRetry: boolean) => void} trouble
 * @property {() => void} calm hides an error about earlier ink; an error about loading the model stays
 */

/**
 * Return the functions that show progress and errors.
 *
 * @param {(id: string) => HTMLElement} find
 * @param {() => void} onRetry
 * @returns {Loading}
 */
export function createLoading(find, onRetry) {
  const bar = /** @type {HTMLProgressElement} */ (find("loading-bar"));
  find("retry").addEventListener("click", onRetry);
  return {
    progress(progress) {
      find("retry").hidden = true;
      find("loading").hidden = progress.stage === "ready";
      find("trouble").hidden = true;
      find("loading-words").textContent = WORDS[progress.stage](progress);
      if (progress.totalBytes > 0) bar.value = progress.loadedBytes / progress.totalBytes;
      else bar.removeAttribute("value");
    },
    trouble(error, canRetry) {
      find("loading").hidden = true;
      find("trouble").hidden = false;
      find("trouble-words").textContent = error instanceof Error ? error.message : String(error);
      find("retry").hidden = !canRetry;
    },
    calm() {
      if (find("retry").hidden) find("trouble").hidden = true;
    },
  };
}
