/** Files over the network, with progress and their hashes. Runs in the worker. */

/**
 * Return a JSON file's value.
 *
 * @param {URL} url
 * @param {RequestCache} [cache]
 * @returns {Promise<any>}
 * @throws {Error} if it cannot be fetched or is not JSON.
 */
export async function fetchJson(url, cache) {
  const response = await get(url, cache);
  try {
    return await response.json();
  } catch {
    throw new Error(`${url.pathname} is not valid JSON: copy it again.`);
  }
}

/**
 * Return a file's bytes.
 *
 * @param {URL} url
 * @param {number} expectedBytes
 * @param {(loadedBytes: number) => void} onBytes called with the bytes of each chunk
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {Error} if it cannot be fetched or has another length.
 */
export async function fetchBytes(url, expectedBytes, onBytes) {
  const response = await get(url);
  const bytes = new Uint8Array(expectedBytes);
  const reader = response.body.getReader();
  let loaded = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (loaded + part.value.length <= expectedBytes) bytes.set(part.value, loaded);
    loaded += part.value.length;
    onBytes(part.value.length);
  }
  if (loaded !== expectedBytes) {
    throw new Error(`${url.pathname} has ${loaded} bytes and should have ${expectedBytes}: reload, or copy it again.`);
  }
  return bytes;
}

/**
 * Compare bytes with their published SHA-256.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} sha256 hex digits
 * @param {string} name for the message
 * @returns {Promise<boolean>} false if this page cannot compute hashes: crypto.subtle needs https or localhost
 * @throws {Error} if they differ.
 */
export async function verify(bytes, sha256, name) {
  if (!globalThis.crypto?.subtle) return false;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== sha256.replace(/^sha256:/, "").toLowerCase()) {
    throw new Error(`${name} has SHA-256 ${found} and should have ${sha256}: reload, or copy it again.`);
  }
  return true;
}

/** @param {URL} url @param {RequestCache} [cache] */
async function get(url, cache) {
  let response;
  try {
    response = await fetch(url, { cache, credentials: "same-origin" });
  } catch {
    throw new Error(`${url.pathname} could not be fetched: check the connection, then try again.`);
  }
  if (!response.ok) {
    throw new Error(`${url.pathname} answered ${response.status}: is the whole folder on the server?`);
  }
  return response;
}
