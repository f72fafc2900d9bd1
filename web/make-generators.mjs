// Writes the generators that come with the package: `node make-generators.mjs MODULE K OUT`. Whoever uses them has the digest, so
// nothing rests on this file.
import { readFile, writeFile } from "node:fs/promises";

const [module, k, out] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(module), {});
const { generators, answer, answer_length, memory } = instance.exports;
generators(Number(k));
const points = new Uint8Array(memory.buffer, answer(), answer_length());
if (points.length !== 32 << k) throw new Error(`generators: expected ${32 << k} bytes, found ${points.length}`);
await writeFile(out, points);
