// The page in a browser: `node --test web/test/browser.mjs`, after scripts/web.sh. Pictures are written to web/dist/pictures.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Browser, start } from "./driver.mjs";
import { golden } from "./golden.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const SITE = path("../dist/site");
const PICTURES = path("../dist/pictures");
const GOLDEN = path("../../tests/golden/");
const TAB = "\uE004", SPACE = " ";

let browser, server, origin, scratch;

before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  scratch = mkdtempSync(join(tmpdir(), "foldproof-files-"));
  const serving = await start("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", SITE], /port (\d+)/);
  server = serving.child;
  origin = `http://127.0.0.1:${serving.match[1]}/`;
  browser = await Browser.open();
  console.log(`browser ${browser.version}`);
});

after(async () => {
  await browser?.close();
  server?.removeAllListeners("exit");
  server?.kill();
  rmSync(scratch, { recursive: true, force: true });
});

const file = (name, content) => {
  const at = join(scratch, name);
  writeFileSync(at, content);
  return at;
};

async function fresh() {
  await browser.go(origin);
  await browser.until("return document.documentElement.dataset.state === 'idle'", "the page");
}

/** Gives files to the page and waits for what it says. */
async function judge(...files) {
  await browser.run("document.getElementById('result').replaceChildren();");
  await browser.type("#choose", files.join("\n"));
  return verdict();
}

async function verdict() {
  await browser.until("return document.querySelector('#verdict') && document.documentElement.dataset.state === 'idle'", "a verdict");
  return browser.run(`
    const text = (id) => document.getElementById(id)?.textContent ?? null;
    return {
      verdict: text("verdict"), colour: document.getElementById("verdict").className, about: text("about"), reason: text("reason"), advice: text("advice"),
      insecure: text("insecure"), ownKey: text("own-key"), cost: text("cost"), announced: text("announced"), hints: text("hints"), analytics: text("analytics"),
      claims: [...document.querySelectorAll("#claims > div > dt")].map((name) => name.textContent),
    };`);
}

async function accept(...ids) {
  await browser.run("document.getElementById('options').open = true");
  for (const id of ids) await browser.click(`#${id}`);
}

const bundle = (name) => `${GOLDEN}${name}.proof`;
const key = (name) => `${GOLDEN}${name}.vk`;
const SETUP = `${GOLDEN}setup.bin`;

test("times, of a page that has seen nothing yet", async () => {
  for (const scheme of ["transparent", "kzg", "evm"]) {
    const name = `core-small-64.${scheme}`;
    await fresh();
    await accept("any-codebook", "insecure-setup");
    const first = await judge(bundle(name), ...(scheme === "transparent" ? [] : [key(name), SETUP]));
    assert.equal(first.verdict, "Verified");
    const costs = [first.cost];
    for (let round = 0; round < 4; round += 1) costs.push((await judge(bundle(name))).cost);
    console.log(`${scheme}: ${costs.map((cost) => /, ([\d,]+ ms)$/.exec(cost)[1]).join(", then ")}`);
  }
});

test("a transparent bundle is verified, and rejected under another codebook", async () => {
  await fresh();
  const rejected = await judge(bundle("core-small-64.transparent"));
  assert.equal(rejected.verdict, "Rejected");
  assert.match(rejected.reason, /codebook/);
  assert.match(rejected.advice, /codebook/);
  assert.deepEqual(rejected.claims, []);
  await accept("any-codebook");
  const first = await verdict();
  assert.equal(first.verdict, "Verified");
  assert.equal(first.colour, "verdict verified");
  assert.match(first.about, /^About block 23853458, which was not compared/);
  assert.match(first.announced, /^Verified\. About block/);
  assert.equal(first.claims.length, 15);
  assert.equal(first.insecure, null);
  assert.equal(first.ownKey, null);
  assert.equal(first.hints, null);
  assert.match(first.cost, /^core-small-64\.transparent\.proof: 7,383 bytes, [\d,]+ ms$/);
});

for (const scheme of ["kzg", "evm"]) {
  test(`a bundle of the scheme ${scheme} is verified with its key and setup only`, async () => {
    const name = `core-small-64.${scheme}`;
    await fresh();
    await accept("any-codebook");
    const alone = await judge(bundle(name));
    assert.equal(alone.verdict, "Rejected");
    assert.match(alone.reason, /setup/);
    const forTests = await judge(SETUP);
    assert.match(forTests.reason, /insecure/);
    await accept("insecure-setup");
    const keyless = await verdict();
    assert.equal(keyless.verdict, "Could not tell");
    assert.match(keyless.advice, /keys make/);
    const other = await judge(key(`consensus-64.${scheme}`));
    assert.equal(other.verdict, "Could not tell");
    assert.match(other.reason, /^key: expected statement core-small-64/);
    const first = await judge(key(name));
    assert.equal(first.verdict, "Verified");
    assert.equal(first.claims.length, 16);
    assert.match(first.insecure, /setup for tests/);
    assert.match(first.ownKey, /key digest/);
  });
}

test("a damaged bundle is rejected, and what is no bundle is not taken", async () => {
  const { bundle: good } = golden("core-small-64.transparent");
  const torn = good.slice();
  torn[torn.length - 1] ^= 1;
  await fresh();
  await accept("any-codebook");
  const damaged = await judge(file("damaged.proof", torn));
  assert.equal(damaged.verdict, "Rejected");
  assert.match(damaged.reason, /proof/);
  assert.match(damaged.announced, /^Rejected\. /);
  const cut = await judge(file("cut.proof", good.subarray(0, 500)));
  assert.equal(cut.verdict, "Rejected");
  assert.match(cut.advice, /damaged or cut short/);
  const text = await judge(file("text.proof", "nothing of the kind"));
  assert.match(text.reason, /^not a proof bundle/);
  await browser.type("#choose", file("picture.png", Uint8Array.of(137, 80, 78, 71)));
  assert.match(await browser.until("const told = document.getElementById('told'); return !told.hidden && told.textContent", "a word on the file"), /^picture\.png: expected a bundle/);
});

test("hints are shown of registered models only", async () => {
  const { options } = golden("fingerprint+tags-96-64-32-15.transparent");
  const [of] = options.registry.models;
  const registry = file("registry.json", JSON.stringify({ models: [{ ...of, name: "tags \u202e<b>bold</b>" }] }));
  await fresh();
  const refused = await judge(bundle("fingerprint+tags-96-64-32-15.transparent"));
  assert.equal(refused.verdict, "Rejected");
  await accept("values");
  const unknown = await verdict();
  assert.equal(unknown.verdict, "Rejected");
  assert.equal(unknown.hints, null);
  assert.match(unknown.advice, /registry/);
  const known = await judge(registry);
  assert.equal(known.verdict, "Verified");
  assert.match(known.about, /Not about a block/);
  assert.match(known.hints, /tags \\u202e<b>bold<\/b>/);
  assert.match(known.hints, /label 1, label 3, label 6/);
  assert.equal(await browser.run("return document.querySelectorAll('#result b, #result script').length"), 0);
});

test("a policy asks for more, and its mistakes are told", async () => {
  await fresh();
  await accept("any-codebook");
  const asked = (members) => file("policy.json", JSON.stringify(members));
  const other = await judge(bundle("core-small-64.transparent"), asked({ height: 1 }));
  assert.equal(other.verdict, "Rejected");
  assert.match(other.reason, /height/);
  const wrong = await judge(asked({ hight: 1 }));
  assert.equal(wrong.verdict, "Could not tell");
  assert.match(wrong.reason, /^policy: .*hight/);
  const right = await judge(asked({ height: 23853458 }));
  assert.equal(right.verdict, "Verified");
});

test("everything can be done with keys, and the verdict is announced", async () => {
  await fresh();
  await browser.press(TAB);
  assert.equal(await browser.run("return document.activeElement.id"), "choose");
  assert.notEqual(await browser.run("return getComputedStyle(document.querySelector('.button')).outlineStyle"), "none");
  await browser.press(TAB);
  assert.equal(await browser.run("return document.activeElement.tagName"), "SUMMARY");
  await browser.press(SPACE, TAB, SPACE);
  assert.equal(await browser.run("return document.getElementById('any-codebook').checked"), true);
  assert.equal((await judge(bundle("core-small-64.transparent"))).verdict, "Verified");
  const unnamed = await browser.run("return [...document.querySelectorAll('button, input, a')].filter((one) => !one.textContent && !one.labels?.length && !one.ariaLabel).length");
  assert.equal(unnamed, 0);
  const live = await browser.run("return [...document.querySelectorAll('[aria-live]')].map((one) => one.id)");
  assert.deepEqual(live, ["progress", "announced"]);
});

test("files can be dropped, removed, and more than one bundle is not taken", async () => {
  await fresh();
  await accept("any-codebook");
  const { bundle: bytes } = golden("core-small-64.transparent");
  await browser.run(`
    const [base64, names] = arguments;
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    for (const name of names) dataTransfer.items.add(new File([bytes], name));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));`, Buffer.from(bytes).toString("base64"), ["first.proof", "second.proof"]);
  const dropped = await verdict();
  assert.equal(dropped.verdict, "Verified");
  assert.match(dropped.cost, /^first\.proof/);
  assert.match(await browser.run("return document.getElementById('told').textContent"), /^second\.proof: expected one bundle at a time/);
  assert.equal(await browser.run("return document.querySelectorAll('#files li').length"), 1);
  await browser.click("#files button");
  assert.equal(await browser.run("return document.querySelectorAll('#files li').length + Number(!document.getElementById('result').hidden)"), 0);
});

test("deriving generators can be stopped, and is done once", async () => {
  const watch = "window.seen = []; new MutationObserver(() => seen.push(document.getElementById('progress').textContent)).observe(document.getElementById('progress'), { childList: true })";
  const large = "core-small-64+analytics-all.transparent";
  await fresh();
  await accept("any-codebook");
  await browser.run(watch);
  await browser.type("#choose", bundle(large));
  await browser.until("return /^Deriving/.test(document.getElementById('progress').textContent)", "a word on generators");
  await browser.click("#stop");
  assert.equal(await browser.run("return document.getElementById('progress').textContent"), "Stopped. No verdict.");
  assert.equal(await browser.run("return document.getElementById('result').hidden"), true);
  const derived = await judge(bundle(large));
  assert.equal(derived.verdict, "Verified");
  await fresh();
  await accept("any-codebook");
  await browser.run(watch);
  const again = await judge(bundle(large));
  assert.equal(again.verdict, "Verified");
  const seen = await browser.run("return seen");
  assert.ok(seen.includes("Verifying…") && !seen.some((text) => text.startsWith("Deriving")), seen.join(" | "));
  console.log(`k = 14: derived ${derived.cost}; kept ${again.cost}`);
});

test("pictures: nothing is wider than a phone or a desk", async () => {
  const views = { phone: [390, 844, true], desk: [1200, 900, false] };
  for (const [name, [width, height, mobile]] of Object.entries(views)) {
    for (const scheme of ["light", "dark"]) {
      await browser.cdp("Emulation.setDeviceMetricsOverride", { width, height, mobile, deviceScaleFactor: mobile ? 2 : 1 });
      await browser.cdp("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      await fresh();
      const wide = () => browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
      const picture = (what) => browser.screenshot(join(PICTURES, `${name}-${scheme}-${what}.png`));
      await picture("empty");
      await judge(bundle("core-small-64.kzg"), key("core-small-64.kzg"), SETUP);
      assert.equal(await wide(), 0);
      await picture("rejected");
      await accept("any-codebook", "insecure-setup");
      assert.equal((await verdict()).verdict, "Verified");
      assert.equal(await wide(), 0);
      await picture("verified");
    }
  }
  // One with analytics, for the lists in lists.
  await fresh();
  await accept("any-codebook", "insecure-setup");
  const found = await judge(bundle("core-small-64+analytics.kzg"), key("core-small-64+analytics.kzg"), SETUP);
  assert.equal(found.verdict, "Verified");
  assert.match(found.analytics, /zones commitment/);
  await browser.screenshot(join(PICTURES, "desk-dark-analytics.png"));
  await browser.cdp("Emulation.clearDeviceMetricsOverride");
  await browser.cdp("Emulation.setEmulatedMedia", { features: [] });
});

test("nothing leaves the page, and it goes on without its server", async () => {
  await fresh();
  await accept("any-codebook", "values");
  await judge(bundle("core-small-64.transparent"));
  server.removeAllListeners("exit");
  server.kill();
  await new Promise((done) => server.once("exit", done));
  await assert.rejects(() => fetch(origin));
  const offline = await judge(bundle("consensus-64.transparent"));
  assert.equal(offline.verdict, "Verified");
  const asked = (await browser.log("performance")).map(({ message }) => JSON.parse(message).message).filter(({ method }) => method === "Network.requestWillBeSent");
  const urls = asked.map(({ params }) => params.request).filter(({ url }) => !url.startsWith(origin) && !/^(data|blob|chrome|about):/.test(url));
  assert.deepEqual(urls.map(({ url }) => url), []);
  assert.ok(asked.length > 0);
  assert.deepEqual(asked.filter(({ params }) => params.request.method !== "GET"), []);
  const severe = (await browser.log("browser")).filter(({ level }) => level === "SEVERE");
  assert.deepEqual(severe.map(({ message }) => message), []);
});
