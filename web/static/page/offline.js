/** The service worker, which makes a second visit work offline. */

/**
 * Ask the service worker to cache a model's files.
 *
 * @param {string} folder the model's, within the site
 */
export async function keepModel(folder) {
  if (!("serviceWorker" in navigator)) return;
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ model: folder });
}

/**
 * Register the service worker after the page has loaded, so that it does not compete for the connection, and ask it to
 * fetch the rest of the font unless the user asked to save data.
 *
 * @returns {Promise<boolean>} whether the page will work offline: not on plain http
 */
export async function enableOffline() {
  if (!("serviceWorker" in navigator)) return false;
  try {
    await navigator.serviceWorker.register(new URL("../sw.js", import.meta.url), { updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    // Chromium alone has navigator.connection.
    const { connection } = /** @type {Navigator & {connection?: {saveData?: boolean}}} */ (navigator);
    if (!connection?.saveData) active?.postMessage("fonts");
    return true;
  } catch {
    return false; // private windows and some policies refuse service workers; the page works without
  }
}
