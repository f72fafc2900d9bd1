// The package in node: `node --test web/test/node.mjs`, after scripts/web.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { inspect, load, verify } from "../index.js";
import { NAMES, golden } from "./golden.mjs";

const MODULE = readFileSync(new URL("../dist/foldproof.wasm", import.meta.url));

test("the module imports nothing", async () => {
  const module = await WebAssembly.compile(MODULE);
  assert.deepEqual(WebAssembly.Module.imports(module), []);
});

test("nothing is told before the module is loaded", () => {
  assert.throws(() => inspect(new Uint8Array()), /load/);
});

for (const name of NAMES) {
  const { bundle, options, claims, known } = golden(name);
  test(name, async () => {
    await load();
    const about = inspect(bundle);
    assert.deepEqual([about.verified, about.statement, about.scheme], [false, claims.statement, claims.scheme]);
    const times = [];
    for (let round = 0; round < 2; round += 1) {
      const started = performance.now();
      const verdict = await verify(bundle, options);
      times.push(Math.round(performance.now() - started));
      if (!known) {
        assert.equal(verdict.verdict, "rejected");
        assert.match(verdict.error, /model/);
        assert.match(verdict.advice, /registry/);
        assert.equal(verdict.hints, undefined);
        continue;
      }
      assert.equal(verdict.verdict, "verified", verdict.error);
      assert.equal(verdict.verified, true);
      assert.deepEqual([verdict.statement, verdict.scheme, verdict.insecure_setup], [claims.statement, claims.scheme, claims.insecure_setup]);
      for (const [member, value] of Object.entries(claims.facts)) {
        // Under other names, or in another form.
        if (["matched", "analytics", "outputs"].includes(member)) continue;
        const hex = (value) => (typeof value === "string" ? `0x${value}` : value);
        const expected = member === "commitments" ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key, hex(of)])) : hex(value);
        assert.deepEqual(verdict[member], expected, member);
      }
      assert.equal(verdict.analytics !== undefined, claims.facts.analytics !== undefined);
      assert.deepEqual((verdict.hints ?? []).map((hint) => [hint.model, hint.tags ?? hint.class]), claims.hints.map((hint) => [hint.model, hint.says.tags ?? hint.says.class]));
    }
    console.log(`${name}: k = ${about.k}, ${times.join(" ms, then ")} ms`);
  });
}

test("what is asked for is what counts", async () => {
  const { bundle, options } = golden("core-small-64.kzg");
  const told = async (changed) => {
    const { verdict, error, advice } = await verify(bundle, { ...options, ...changed });
    return [verdict, error, advice];
  };
  for (const [changed, verdict, words] of [
    [{}, "verified", /^$/],
    [{ anyCodebook: false }, "rejected", /codebook/],
    [{ insecureSetup: false }, "rejected", /insecure/],
    [{ setup: undefined }, "rejected", /setup/],
    [{ keys: [] }, "unknown", /no key|key/],
    [{ keys: golden("core-small-64.evm").options.keys }, "unknown", /^key: .*scheme/],
    [{ keys: golden("consensus-64.kzg").options.keys }, "unknown", /^key: .*statement/],
    [{ keys: [new Uint8Array(9)] }, "unknown", /^key: /],
    [{ keys: [...golden("consensus-64.kzg").options.keys, ...options.keys] }, "verified", /^$/],
    [{ setup: new Uint8Array(320) }, "unknown", /^setup: /],
    [{ policy: { height: 23853458 } }, "verified", /^$/],
    [{ policy: { height: 1 } }, "rejected", /height/],
    [{ policy: { schemes: ["evm"] } }, "rejected", /scheme/],
    [{ policy: { heigth: 1 } }, "unknown", /^policy: .*heigth/],
    [{ policy: "{" }, "unknown", /^policy: /],
    [{ policy: { registry: "models.json" } }, "unknown", /models\.json/],
    [{ registry: "[]" }, "unknown", /^registry: /],
    [{ time: -1 }, "unknown", /^request: /],
  ]) {
    const [found, error, advice] = await told(changed);
    assert.equal(found, verdict, `${JSON.stringify(Object.keys(changed))}: ${error}`);
    assert.match(error ?? "", words);
    assert.ok(error === undefined || !/[\n\r]/.test(error + (advice ?? "")));
  }
  await assert.rejects(() => verify(bundle, { anycodebook: true }), /anycodebook/);
  await assert.rejects(() => verify("text"), TypeError);
  await assert.rejects(() => verify(bundle, { keys: [new Uint8Array(1 << 17)] }), /keys/);
});

test("a key of another circuit is not the bundle's", async () => {
  const { bundle, options } = golden("core-small-64.kzg");
  const other = options.keys[0].slice();
  // Two commitments of the permutation change places: a key in form, of another circuit.
  other.set(options.keys[0].subarray(-32), other.length - 64);
  other.set(options.keys[0].subarray(-64, -32), other.length - 32);
  const alone = await verify(bundle, { ...options, keys: [other] });
  assert.deepEqual([alone.verdict, alone.verified], ["rejected", false]);
  assert.match(alone.error, /key/);
  assert.match(alone.advice, /key/);
  assert.equal((await verify(bundle, { ...options, keys: [other, ...options.keys] })).verdict, "verified");
  // Nothing takes the place of a pinned key.
  const pinned = golden("core-small-64.transparent");
  const asKey = other.slice();
  asKey[8 + 2 + 2 + other[10]] = 1;
  assert.equal((await verify(pinned.bundle, { ...pinned.options, keys: [asKey] })).key_digest, inspect(pinned.bundle).key_digest);
});

test("a setup's file stands for its points, and says whether it was made for tests", async () => {
  const { bundle, options } = golden("consensus-64.kzg");
  const points = options.setup;
  const provenance = new TextEncoder().encode("INSECURE: for tests");
  const file = (flags) => {
    const start = new Uint8Array([...new TextEncoder().encode("FPKZG\0"), 2, 0, 14, flags, provenance.length, 0, ...provenance, ...new Uint8Array(32), ...points.subarray(0, 64)]);
    const all = new Uint8Array(start.length + 9000 + 256);
    all.set(start);
    all.set(points.subarray(64), start.length + 9000);
    return all;
  };
  assert.equal((await verify(bundle, { ...options, setup: file(1) })).verdict, "verified");
  assert.equal((await verify(bundle, { ...options, setup: file(0) })).verdict, "rejected");
  assert.equal((await verify(bundle, { ...options, setup: file(1), insecureSetup: false })).verdict, "rejected");
});

test("a bundle with any byte changed is not verified", async () => {
  for (const name of ["consensus-64.kzg", "consensus-64.evm", "fingerprint+tags-96-64-32-15.kzg"]) {
    const { bundle, options } = golden(name);
    for (let place = 0; place < bundle.length; place += 211) {
      const torn = bundle.slice();
      torn[place] ^= 1 << place % 8;
      assert.notEqual((await verify(torn, options)).verdict, "verified", `${name}: byte ${place}`);
    }
    for (const bad of [bundle.subarray(1), bundle.subarray(0, -1), new Uint8Array(), Uint8Array.of(...bundle, 0)]) {
      assert.equal((await verify(bad, options)).verdict, "rejected");
    }
    assert.equal((await verify(bundle, options)).verdict, "verified");
  }
});

test("generators count by their digest, and derived ones are kept", async () => {
  const { instance } = await WebAssembly.instantiate(MODULE, {});
  const { part, use_generators, answer, answer_length, memory } = instance.exports;
  const { bundle } = golden("core-small-64.transparent");
  const points = readFileSync(new URL("../dist/generators-13.bin", import.meta.url)).subarray(0, 32 << inspect(bundle).k);
  const told = (given) => {
    for (const [kind, bytes] of [[0, bundle], [6, given]]) {
      const place = part(kind, bytes.length);
      new Uint8Array(memory.buffer).set(bytes, place);
    }
    use_generators();
    return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), answer_length()).slice()));
  };
  const wrong = Uint8Array.from(points);
  wrong[1000] ^= 1;
  assert.match(told(wrong).error, /digest|expected/);
  assert.match(told(points.subarray(32)).error, /expected/);
  assert.deepEqual(told(points), {});
});
