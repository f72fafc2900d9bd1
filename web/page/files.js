// Which file is what, by its content.

const MAGICS = [["bundle", "foldprf\0"], ["key", "foldpkey"], ["setup", "FPKZG\0"]];
const SETUP_BYTES = 320;
// Above what the verifier reads of any kind but setups, of which it needs both ends.
const MOST = 4 << 20;
const SETUP_START = 12 + 1024 + 32 + 64, SETUP_END = 256;

export const NAMES = { bundle: "bundle", policy: "policy", registry: "registry", key: "verifying key", setup: "setup" };
// Which a file takes the place of: of keys there may be several.
export const ALONE = ["bundle", "policy", "registry", "setup"];

const starts = (bytes, text) => [...text].every((letter, place) => bytes[place] === letter.charCodeAt(0));

/** Kind and bytes of a file, or why it is none. */
export async function read(file) {
  const start = new Uint8Array(await file.slice(0, SETUP_START).arrayBuffer());
  const kind = MAGICS.find(([, magic]) => starts(start, magic))?.[0] ?? (file.size === SETUP_BYTES ? "setup" : null);
  if (kind === "setup" && file.size > SETUP_START + SETUP_END) {
    const end = new Uint8Array(await file.slice(file.size - SETUP_END).arrayBuffer());
    const bytes = new Uint8Array(start.length + end.length);
    bytes.set(start);
    bytes.set(end, start.length);
    return { kind, bytes };
  }
  if (file.size > MOST) return { error: `expected at most ${MOST} bytes, found ${file.size}` };
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (kind) return { kind, bytes };
  try {
    const document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (document && typeof document === "object" && !Array.isArray(document)) {
      return { kind: "models" in document || "commitment" in document ? "registry" : "policy", bytes };
    }
  } catch {
    // It is no JSON.
  }
  // Whatever was meant to be a bundle is for the verifier to refuse, which says what is wrong with it.
  if (file.name.endsWith(".proof")) return { kind: "bundle", bytes };
  return { error: "expected a bundle (.proof), a verifying key, a setup, or the JSON of a policy or registry, found something else" };
}
