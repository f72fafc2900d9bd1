// How a verdict looks. Everything shown comes from the verifier's answer, as text and never as markup.

const SHAPES = { verified: "M4 12.5l5 5 11-12", rejected: "M5 5l14 14M19 5L5 19", unknown: "M12 4v10M12 19.5v.1" };
const WORDS = { verified: "Verified", rejected: "Rejected", unknown: "Could not tell" };
// Told elsewhere than in the list of claims.
const APART = ["verdict", "verified", "error", "advice", "analytics", "hints", "blocks", "subject", "models_valid_at"];
// The rest stands between them.
const FIRST = ["statement", "scheme", "height", "timestamp", "block_hash", "block_hash_matched", "block_matched", "values_matched", "context"];
const LAST = ["codebook_root", "within_bound", "key_digest", "setup_id", "insecure_setup"];
const NAMES = {
  pq_commitment: "PQ commitment", tx_root: "transactions root", prev_state_root: "previous state root", key_digest: "key digest",
  setup_id: "setup", insecure_setup: "setup made for tests", within_bound: "vectors within bound", hotzones: "zones",
  block_matched: "compared with a block", values_matched: "compared with values", block_hash_matched: "compared with a hash",
};
const SOURCES = { block: "timestamp of the block", prover: "timestamp in the proof, which is its prover's word", verifier: "time of this device" };

/** A text in one line, what is not seen as itself written as in JSON: a name must not forge a line or turn text around. */
export const shown = (text) => String(text).replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (found) =>
  [...Array(found.length).keys()].map((place) => "\\u" + found.charCodeAt(place).toString(16).padStart(4, "0")).join(""));

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const label = (name) => NAMES[name] ?? shown(name).replaceAll("_", " ");

function rows(members, names) {
  const list = element("dl");
  for (const name of names) list.append(element("div", {}, element("dt", { textContent: label(name) }), element("dd", {}, ...value(members[name], name))));
  return list;
}

function value(of, name) {
  if (name === "timestamp" && Number.isSafeInteger(of)) return [`${of}`, ...when(of)];
  if (of === true) return ["yes"];
  if (of === false) return ["no"];
  if (of === null) return ["none"];
  if (Array.isArray(of)) {
    if (of.length === 0) return ["none"];
    if (of.every(isFlat)) return [element("ul", {}, ...of.map((item) => element("li", { textContent: line(item) })))];
    if (of.every((item) => item !== null && typeof item === "object")) return of.map((item) => rows(item, Object.keys(item)));
    if (of.length > 1 && of.every((item) => item === true)) return [`all ${of.length}`];
    const texts = of.map((item) => (item === true ? "yes" : item === false ? "no" : shown(item)));
    return texts.some((text) => text.startsWith("0x")) ? texts.map((text) => element("div", { className: "hex", textContent: text })) : [texts.join(", ")];
  }
  if (typeof of === "object") return [rows(of, Object.keys(of))];
  const text = shown(of);
  return [/^(0x)?[0-9a-f]{32,}$/.test(text) ? element("span", { className: "hex", textContent: text }) : text];
}

const plain = (of) => of === null || typeof of !== "object" || (Array.isArray(of) && of.every((item) => item === null || typeof item !== "object"));
const isFlat = (item) => item !== null && typeof item === "object" && !Array.isArray(item) && Object.values(item).every(plain);

/** Members of an object in a line, as zones and sets of them are many. */
const line = (members) => Object.entries(members).map(([name, of]) => `${label(name)} ${[of].flat().map(shown).join(", ") || "none"}`).join(" · ");

function when(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? [] : [` (${date.toISOString().replace("T", " ").replace(".000Z", " UTC")})`];
}

function names(members) {
  const rest = Object.keys(members).filter((name) => ![...APART, ...FIRST, ...LAST].includes(name));
  return [...FIRST.filter((name) => name in members), ...rest, ...LAST.filter((name) => name in members)];
}

/** What the proof is about, in a sentence, and what was not asked. */
function about(verdict) {
  const values = { fingerprint: "a committed fingerprint", vector: "a committed vector", matrix: "a committed matrix", sequence: "committed fingerprints in order", decision: "a decision from committed values" };
  if (verdict.subject === "block") return `About block ${verdict.height}${against(verdict)}`;
  if (verdict.subject === "blocks") {
    const heights = verdict.blocks.map((block) => block.height).join(", ");
    const hashes = verdict.blocks.every((block) => block.block_hash_matched === true);
    return `About ${verdict.blocks.length} blocks, heights ${heights}${hashes ? ", by the hashes in your policy." : ". They were not compared with any that you know."}`;
  }
  const matched = verdict.values_matched === true ? "those that your policy names" : "whichever they are";
  return `About ${values[verdict.subject] ?? "committed values"}, ${matched}. Not about a block.`;
}

function against(block) {
  if (block.block_hash_matched === true) return ", by the hash in your policy. That its records are the block's was not checked.";
  if (block.block_hash) return ", which was not compared with any that you know: compare the hash of its header with a source of yours.";
  return ", which was not compared with any that you know.";
}

function banner(word) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", SHAPES[word]);
  picture.append(line);
  return element("h2", { className: `verdict ${word}`, id: "verdict" }, picture, WORDS[word]);
}

/** An answer of the verifier as parts of the page; `name` is that of the bundle's file. */
export function render({ verdict, about: claimed, milliseconds }, name, bytes) {
  // The word is the verifier's, and "verified" counts only where both members say so.
  const known = verdict.verdict in WORDS && (verdict.verdict === "verified") === (verdict.verified === true);
  const word = known ? verdict.verdict : "unknown";
  const parts = [banner(word), element("p", { className: "soft", id: "cost", textContent: `${shown(name)}: ${bytes.toLocaleString("en")} bytes, ${Math.round(milliseconds).toLocaleString("en")} ms` })];
  if (word !== "verified") {
    parts.push(element("p", { id: "reason", textContent: shown(verdict.error ?? "the answer of the verifier has no known form") }));
    if (verdict.advice) parts.push(element("p", { id: "advice", className: "note", textContent: `What may help: ${shown(verdict.advice)}.` }));
    if (claimed && !claimed.error) {
      const said = { statement: claimed.statement, scheme: claimed.scheme, rows: `2^${claimed.k}`, ...(claimed.setup && { setup: claimed.setup.id }), "key digest": claimed.key_digest };
      parts.push(element("details", {}, element("summary", { textContent: "What the bundle says of itself, not verified" }), rows(said, Object.keys(said))));
    }
    return parts;
  }
  parts.push(element("p", { id: "about", textContent: about(verdict) }));
  if (verdict.insecure_setup) {
    parts.push(element("p", { className: "note", id: "insecure", textContent: "Made under a setup for tests, whose secret somebody may know: whoever does can prove anything." }));
  }
  if (claimed && !claimed.key_pinned) {
    parts.push(element("p", { className: "note", id: "own-key", textContent: "Checked with a key from your files, which is trusted as your policy is: whoever chooses the key chooses the circuit. Make it yourself, or compare the key digest with one of a source of yours." }));
  }
  parts.push(element("h3", { textContent: "Claims" }), Object.assign(rows(verdict, names(verdict)), { id: "claims" }));
  (verdict.blocks ?? []).forEach((block, place) => {
    parts.push(element("h3", { textContent: `Block ${place + 1} of ${verdict.blocks.length}` }), rows(block, names(block)));
  });
  if (verdict.analytics) {
    parts.push(element("h3", { textContent: "Analytics" }), element("p", { className: "soft", textContent: "Facts, as those above: computed by rule from this block, and proved. No model says any of it." }));
    parts.push(Object.assign(rows(verdict.analytics, Object.keys(verdict.analytics)), { id: "analytics" }));
  }
  if (verdict.hints) {
    const { seconds, source } = verdict.models_valid_at;
    const time = ` Models had to be valid at ${seconds}${when(seconds).join("")}, ${SOURCES[source]}.`;
    parts.push(element("h3", { textContent: "Hints of models" }), element("p", { className: "soft", textContent: `What models in your registry say: proved to be their output and nothing more.${time}` }));
    parts.push(element("div", { id: "hints" }, ...verdict.hints.map((hint) => rows(hint, Object.keys(hint)))));
  }
  parts.push(element("details", {}, element("summary", { textContent: "All of it, as JSON" }), element("pre", { tabIndex: 0, textContent: JSON.stringify(verdict, null, 2).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => (found === "\n" ? found : shown(found))) })));
  return parts;
}
