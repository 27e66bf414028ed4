/** Downloads files with progress, and checks their SHA-256. Runs in the worker. */

import { sha256 } from "../shared/sha256.js";

/**
 * Return the value of a JSON file.
 *
 * @param {URL} url
 * @param {RequestInit["cache"]} [cache]
 * @returns {Promise<unknown>}
 * @throws {Error} if it cannot be fetched or is not JSON.
 */
export async function fetchJson(url, cache) {
  const response = await get(url, cache);
  try {
    /** @type {unknown} */
    const value = await response.json();
    return value;
  } catch (error) {
    throw error instanceof SyntaxError ? new Error(`${url.pathname} is not valid JSON: copy it again.`) : unreachable(url);
  }
}

/**
 * Return the bytes of a file.
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
  const reader = response.body?.getReader(); // an answer without content has no body
  let loaded = 0;
  try {
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
      if (loaded + part.value.length <= expectedBytes) bytes.set(part.value, loaded);
      loaded += part.value.length;
      onBytes(part.value.length);
    }
  } catch {
    throw unreachable(url);
  }
  if (loaded !== expectedBytes) {
    throw new Error(`${url.pathname} has ${loaded} bytes, expected ${expectedBytes}: reload, or copy it again.`);
  }
  return bytes;
}

/**
 * Compare bytes with their published SHA-256.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} expected hex digits
 * @param {string} name for the message
 * @returns {Promise<boolean>} false where SHA-256 is not available
 * @throws {Error} if they differ.
 */
export async function verify(bytes, expected, name) {
  const found = await sha256(bytes);
  if (found !== null && found !== expected) {
    throw new Error(`${name} has SHA-256 ${found}, expected ${expected}: reload, or copy it again.`);
  }
  return found !== null;
}

/** Return the error of a connection that fails, before or during the download. @param {URL} url @returns {Error} */
function unreachable(url) {
  return new Error(`${url.pathname} could not be fetched: check the connection, then try again.`);
}

/** @param {URL} url @param {RequestInit["cache"]} [cache] @returns {Promise<Response>} */
async function get(url, cache) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, { cache, credentials: "same-origin" });
  } catch {
    throw unreachable(url);
  }
  if (!response.ok) {
    throw new Error(`${url.pathname} answered ${response.status}: is the whole folder on the server?`);
  }
  return response;
}
