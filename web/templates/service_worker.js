const PREFIX = `kakitori ${registration.scope} `;
const CACHE = PREFIX + VERSION;
const FONT_CACHE = `${PREFIX}fonts`;

/** @param {string} path @returns {string} */
const urlOf = (path) => new URL(path, registration.scope).href;

/** @param {Response} response @returns {Promise<string>} */
async function sha256(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Return a file with the right hash, from one of this site's caches or from the network.
 *
 * @param {string} path
 * @param {string} hash hex SHA-256
 * @returns {Promise<Response>}
 */
async function obtain(path, hash) {
  const url = urlOf(path);
  for (const name of await caches.keys()) {
    const kept = name.startsWith(PREFIX) ? await (await caches.open(name)).match(url) : undefined;
    if (kept && (await sha256(kept.clone())) === hash) return kept;
  }
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok || (await sha256(response.clone())) !== hash) throw new Error(`${path} is not of this build`);
  return response;
}

/**
 * Fetch files one after the other, so that they do not compete with the page's own requests.
 *
 * @param {string} cacheName
 * @param {Readonly<Record<string, string>>} files SHA-256 by path
 */
async function fill(cacheName, files) {
  const cache = await caches.open(cacheName);
  for (const [path, hash] of Object.entries(files)) {
    if (!(await cache.match(urlOf(path)))) await cache.put(urlOf(path), await obtain(path, hash));
  }
}

async function install() {
  await fill(CACHE, CORE);
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE && name !== FONT_CACHE) await caches.delete(name);
  }
  await clients.claim();
}

/**
 * Return the path of a request within this site, or undefined if it is not a file of it.
 *
 * @param {Request} request
 * @returns {string | undefined}
 */
function pathOf(request) {
  const url = new URL(request.url);
  const inside = request.method === "GET" && (url.origin + url.pathname).startsWith(registration.scope);
  if (!inside) return undefined;
  const path = url.href.split(/[?#]/)[0].slice(registration.scope.length);
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  return [CORE, CHOSEN, EXTRA].some((files) => Object.hasOwn(files, file)) ? file : undefined;
}

/** Cache the files of a model. @param {string} folder */
async function keepModel(folder) {
  await fill(CACHE, Object.fromEntries(Object.entries(CHOSEN).filter(([path]) => path.startsWith(folder))));
}

/** @param {Request} request @param {string} path @returns {Promise<Response>} */
async function answerFont(request, path) {
  const cache = await caches.open(FONT_CACHE);
  const kept = await cache.match(urlOf(path));
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(urlOf(path), response.clone());
  return response;
}

/** @param {Request} request @param {string} path @returns {Promise<Response>} */
async function answer(request, path) {
  try {
    return await fetch(request.url, { cache: "no-cache" });
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(urlOf(path));
    if (kept) return kept;
    throw error;
  }
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("message", (event) => {
  const message = /** @type {"fonts" | {model: string}} */ (event.data);
  const work = message === "fonts" ? fill(FONT_CACHE, EXTRA) : keepModel(message.model);
  event.waitUntil(work.catch(() => {})); // the next visit resumes
});
addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path !== undefined) event.respondWith(Object.hasOwn(EXTRA, path) ? answerFont(event.request, path) : answer(event.request, path));
});
