// Golden bundles, and what a verifier has to be given for them.
import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../../tests/golden/", import.meta.url);
const read = (name) => new Uint8Array(readFileSync(new URL(encodeURIComponent(name), folder)));
const labels = (count) => [...Array(count).keys()].map((place) => `label ${place}`);
const entry = (shape, names) => ({ shape, labels: names });
// By statement: the model of each, with what its registrar would know.
const MODELS = {
  "core-small-256+tags-96-16-4": entry("tags-96-16-4", ["BUSY", "QUIET", "FAILURES", "NO_TRACES"]),
  "fingerprint+tags-96-64-32-15": entry("tags-96-64-32-15", labels(15)),
  "vector-12+class-12-128-64-32-4": entry("class-12-128-64-32-4", labels(4)),
};

export const NAMES = readdirSync(folder).filter((name) => name.endsWith(".proof")).map((name) => name.slice(0, -".proof".length)).sort();

/** A golden bundle: bytes, options of `verify`, the claims that were written beside it, paths. */
export function golden(name) {
  const claims = JSON.parse(new TextDecoder().decode(read(`${name}.json`)));
  const [statement, scheme] = [claims.statement, claims.scheme];
  const model = MODELS[statement];
  const options = { anyCodebook: true, values: true };
  if (scheme !== "transparent") Object.assign(options, { keys: [read(`${name}.vk`)], setup: read("setup.bin"), insecureSetup: true });
  if (model) {
    options.registry = { models: [{ name: "golden", version: "1", commitment: claims.hints[0].commitment, status: "active", ...model }] };
  }
  return { name, bundle: read(`${name}.proof`), options, claims, known: model !== undefined || claims.hints.length === 0 };
}
