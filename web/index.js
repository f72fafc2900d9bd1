// Foldproof's verifier for browsers and node: a WebAssembly module without imports, and what hands bytes to it.
//
//   import { load, verify } from "foldproof-verifier";
//   await load();
//   const verdict = await verify(bundle, { policy, registry, keys: [key], setup });
//   if (verdict.verified) …

// In the order of `Kind` in src/parts.rs.
const BUNDLE = 0, POLICY = 1, REGISTRY = 2, KEY = 3, SETUP = 4, REQUEST = 5, GENERATORS = 6;
// Generators that come with the package: 2^13 points of 32 bytes, of which smaller sizes take the first.
const SHIPPED = { k: 13, file: "dist/generators-13.bin" };
const MODULE = "dist/foldproof.wasm";
// Beginning of a setup file, as far as the first power, and its end.
const SETUP_MAGIC = "FPKZG\0", SETUP_START = 12 + 1024 + 32 + 64, SETUP_END = 256;

let compiled = null;
let instance = null;
let shipped = null;
// Sizes whose generators the instance has.
let ready = new Set();

async function file(name) {
  const url = new URL(name, import.meta.url);
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: expected a file, found status ${response.status}; serve the whole package`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Loads the module, once. `wasm` may give its bytes. */
export async function load({ wasm } = {}) {
  compiled ??= (async () => WebAssembly.compile(wasm ?? (await file(MODULE))))();
  try {
    const module = await compiled;
    instance ??= (await WebAssembly.instantiate(module, {})).exports;
  } catch (error) {
    compiled = null;
    throw error;
  }
}

function give(kind, what, bytes) {
  const place = instance.part(kind, bytes.length);
  if (place === 0) throw new TypeError(`${what}: expected fewer or less, found ${bytes.length} bytes`);
  // After the call, which may have moved the memory.
  new Uint8Array(instance.memory.buffer).set(bytes, place);
}

function answer() {
  return new Uint8Array(instance.memory.buffer).slice(instance.answer(), instance.answer() + instance.answer_length());
}

const object = () => JSON.parse(new TextDecoder().decode(answer()));

function bytes(what, given) {
  if (given instanceof Uint8Array) return given;
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  throw new TypeError(`${what}: expected a Uint8Array or an ArrayBuffer, found ${given === null ? "null" : typeof given}`);
}

function json(what, given) {
  if (typeof given === "string") return new TextEncoder().encode(given);
  if (given instanceof Uint8Array || given instanceof ArrayBuffer) return bytes(what, given);
  return new TextEncoder().encode(JSON.stringify(given));
}

function setupPart(given) {
  const all = bytes("setup", given);
  const isFile = new TextDecoder().decode(all.subarray(0, SETUP_MAGIC.length)) === SETUP_MAGIC;
  if (!isFile || all.length <= SETUP_START + SETUP_END) return all;
  const part = new Uint8Array(SETUP_START + SETUP_END);
  part.set(all.subarray(0, SETUP_START));
  part.set(all.subarray(all.length - SETUP_END), SETUP_START);
  return part;
}

/** What a bundle says of itself. Nothing of it is verified. */
export function inspect(bundle) {
  if (!instance) throw new Error("expected load() to be awaited first");
  return guarded(() => {
    give(BUNDLE, "bundle", bytes("bundle", bundle));
    instance.inspect();
    return object();
  });
}

// A module that stopped has no state to go on with.
function guarded(call) {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    instance = null;
    ready = new Set();
    throw new Error(`the verifier stopped (${error.message}): this is no verdict; please report it with the bundle`);
  }
}

// Gives the module the generators of a bundle's size, of which it takes only those with the digest that is compiled in. Without
// any it derives them, which takes seconds: what it derived is kept where the caller says.
async function generators(bundle, about, { cache, progress }) {
  const { k } = about;
  if (about.error || about.scheme !== "transparent" || !about.generators_pinned || ready.has(k)) return;
  const take = (points) => {
    give(BUNDLE, "bundle", bundle);
    give(GENERATORS, "generators", points);
    guarded(() => instance.use_generators());
    return object().error === undefined && !!ready.add(k);
  };
  if (k <= SHIPPED.k) {
    progress?.("generators");
    shipped ??= file(SHIPPED.file).catch(() => null);
    const points = await shipped;
    if (points && take(points.subarray(0, 32 << k))) return;
  }
  const kept = await cache?.get(k);
  if (kept && take(kept)) return;
  progress?.("deriving");
  guarded(() => instance.generators(k));
  const points = answer();
  if (take(points)) await cache?.set(k, points);
}

/**
 * The verdict on a bundle. What is wrong with the bundle, or lacking for it, is its verdict; an exception means that the call
 * itself is wrong, or that the verifier stopped, and is no verdict.
 */
export async function verify(bundle, options = {}) {
  await load();
  const { policy, registry, keys = [], setup, time, cache, progress, ...flags } = options;
  const known = { anyCodebook: "any_codebook", values: "values", insecureSetup: "insecure_setup", requireWithinBound: "require_within_bound" };
  const request = { time: time ?? Math.floor(Date.now() / 1000) };
  for (const [name, value] of Object.entries(flags)) {
    if (!(name in known)) throw new TypeError(`options: found ${name}; expected policy, registry, keys, setup, time, cache, progress, ${Object.keys(known).join(", ")}`);
    request[known[name]] = value === true;
  }
  const given = bytes("bundle", bundle);
  // What is to be verified must not change while it is waited for.
  const frozen = given.slice();
  await generators(frozen, inspect(frozen), { cache, progress });
  progress?.("verifying");
  if (!instance) await load();
  return guarded(() => {
    give(BUNDLE, "bundle", frozen);
    give(REQUEST, "request", json("request", request));
    if (policy !== undefined && policy !== null) give(POLICY, "policy", json("policy", policy));
    if (registry !== undefined && registry !== null) give(REGISTRY, "registry", json("registry", registry));
    for (const key of keys) give(KEY, "keys", bytes("keys", key));
    if (setup !== undefined && setup !== null) give(SETUP, "setup", setupPart(setup));
    instance.verify();
    return object();
  });
}
