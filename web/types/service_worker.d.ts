// The global names of the service worker: those that sw.js.j2 writes, and those that the library "webworker" of
// TypeScript declares for pages' workers only as members of ServiceWorkerGlobalScope.

/** Of the site; differs if any file does. */
declare const VERSION: string;
/** SHA-256 by path of the files that the page needs to work offline. */
declare const CORE: Readonly<Record<string, string>>;
/** Likewise, of the files that are cached when they are first used. */
declare const CHOSEN: Readonly<Record<string, string>>;
/** Likewise, of the files that are fetched when the page is idle. */
declare const EXTRA: Readonly<Record<string, string>>;

declare const clients: Clients;
declare const registration: ServiceWorkerRegistration;
declare function skipWaiting(): Promise<void>;
declare function addEventListener<K extends keyof ServiceWorkerGlobalScopeEventMap>(
  type: K,
  listener: (event: ServiceWorkerGlobalScopeEventMap[K]) => void,
): void;
