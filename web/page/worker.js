// Verifies in a thread of its own, so that the page stays responsive and can stop it.
import { inspect, load, verify } from "./verifier/index.js";

// Generators that were derived, for the next visit. They are checked by digest when they are used, so that nothing depends on
// what somebody put here. Where there is no storage they are derived again.
const cache = {
  async get(k) {
    return store("readonly", (points) => points.get(k)).catch(() => null);
  },
  async set(k, points) {
    await store("readwrite", (kept) => kept.put(points, k)).catch(() => null);
  },
};

function store(mode, use) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("foldproof", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("generators");
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("generators", mode);
      const asked = use(transaction.objectStore("generators"));
      transaction.oncomplete = () => (opening.result.close(), done(asked.result));
      transaction.onerror = transaction.onabort = () => (opening.result.close(), failed(transaction.error));
    };
  });
}

self.onmessage = async ({ data: { id, bundle, options } }) => {
  const progress = (step) => self.postMessage({ id, step });
  try {
    progress("loading");
    await load();
    const about = inspect(bundle);
    const started = performance.now();
    const verdict = await verify(bundle, { ...options, cache, progress });
    self.postMessage({ id, verdict, about, milliseconds: performance.now() - started });
  } catch (error) {
    self.postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
  }
};
