// The page: files in, a verdict out. What is judged, and how, is the verifier's; see worker.js.
import { ALONE, NAMES, read } from "./files.js";
import { element, render, shown } from "./render.js";

const at = (id) => document.getElementById(id);
const OPTIONS = { "any-codebook": "anyCodebook", values: "values", "within-bound": "requireWithinBound", "insecure-setup": "insecureSetup" };
const STEPS = {
  loading: "Loading the verifier…",
  generators: "Reading generators…",
  deriving: "Deriving generators, which takes seconds for a small circuit and a minute for a large one. They are kept for the next time…",
  verifying: "Verifying…",
};

let files = [];
let worker = null;
let running = 0;

function stop() {
  running += 1;
  worker?.terminate();
  worker = null;
}

function show(parts) {
  at("result").replaceChildren(...parts);
  at("result").hidden = parts.length === 0;
  // The verdict and the sentence below it: reading out all claims would take minutes.
  const spoken = ["verdict", "about", "reason"].map((id) => at(id)?.textContent).filter(Boolean);
  at("announced").textContent = spoken.join(". ");
}

function say(text) {
  at("progress").textContent = text;
}

function busy(is) {
  at("stop-row").hidden = !is;
  document.documentElement.dataset.state = is ? "busy" : "idle";
}

function told(lines) {
  at("told").textContent = lines.join(" ");
  at("told").hidden = lines.length === 0;
}

function list() {
  at("files").replaceChildren(...files.map((given) => {
    const remove = element("button", { type: "button", className: "plain", textContent: "Remove" });
    remove.setAttribute("aria-label", `Remove ${NAMES[given.kind]} ${given.name}`);
    remove.onclick = () => {
      files = files.filter((other) => other !== given);
      list();
      at("choose").focus();
      judge();
    };
    return element("li", {}, element("span", {}, `${shown(given.name)} `, element("small", { textContent: NAMES[given.kind] })), remove);
  }));
}

async function add(chosen) {
  const problems = [];
  const read_all = await Promise.all([...chosen].map(async (file) => ({ name: file.name, ...(await read(file).catch((error) => ({ error: error.message }))) })));
  const seen = new Set();
  for (const given of read_all) {
    if (given.error) {
      problems.push(`${shown(given.name)}: ${given.error}.`);
      continue;
    }
    if (ALONE.includes(given.kind)) {
      if (seen.has(given.kind)) {
        problems.push(`${shown(given.name)}: expected one ${NAMES[given.kind]} at a time; this one is left out.`);
        continue;
      }
      files = files.filter((other) => other.kind !== given.kind);
    }
    seen.add(given.kind);
    files.push(given);
  }
  told(problems);
  list();
  judge();
}

function judge() {
  // Whatever runs is about other files or other wishes.
  if (document.documentElement.dataset.state === "busy") stop();
  show([]);
  const of = (kind) => files.find((given) => given.kind === kind);
  const bundle = of("bundle");
  if (!bundle) {
    busy(false);
    say(files.length === 0 ? "" : "No bundle yet.");
    return;
  }
  const options = { policy: of("policy")?.bytes, registry: of("registry")?.bytes, setup: of("setup")?.bytes };
  options.keys = files.filter((given) => given.kind === "key").map((given) => given.bytes);
  for (const [id, name] of Object.entries(OPTIONS)) options[name] = at(id).checked;
  worker ??= new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const id = (running += 1);
  const ended = (text, parts) => {
    busy(false);
    say(text);
    show(parts);
    // On a phone it may lie below what is seen.
    if (at("result").getBoundingClientRect().top > window.innerHeight * 0.8) at("result").scrollIntoView();
  };
  worker.onmessage = ({ data }) => {
    if (data.id !== id) return;
    if (data.step) return say(STEPS[data.step] ?? "");
    if (data.fault !== undefined) return failed(data.fault);
    ended("", render(data, bundle.name, bundle.bytes.length));
  };
  const failed = (why) => {
    stop();
    ended("", render({ verdict: { verdict: "unknown", verified: false, error: why, advice: "load the page again; all of its files must come from one place" }, milliseconds: 0 }, bundle.name, bundle.bytes.length));
  };
  worker.onerror = (event) => failed(event.message || "the verifier could not be loaded");
  busy(true);
  say(STEPS.loading);
  worker.postMessage({ id, bundle: bundle.bytes, options });
}

at("choose").onchange = ({ target }) => {
  const chosen = [...target.files];
  target.value = "";
  add(chosen);
};
at("stop").onclick = () => {
  stop();
  busy(false);
  say("Stopped. No verdict.");
};
for (const id of Object.keys(OPTIONS)) at(id).onchange = judge;

for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    at("drop").classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) at("drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  at("drop").classList.remove("over");
  add(event.dataTransfer.files);
});
busy(false);
