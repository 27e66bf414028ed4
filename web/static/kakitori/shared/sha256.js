/** SHA-256 by the Web Crypto API, which pages, workers and node have. */

/**
 * Return the SHA-256 of bytes as 64 hex digits, or null on a page that is not secure: crypto.subtle needs https or
 * localhost.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<string | null>}
 */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
