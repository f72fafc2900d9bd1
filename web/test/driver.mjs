// A browser through its driver, as WebDriver says: no package for that.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"];

/** Starts a program and waits for a line that matches; gives the match and the process. */
export function start(program, args, pattern, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  return new Promise((done, failed) => {
    let seen = "";
    const look = (data) => {
      seen += data;
      const match = pattern.exec(seen);
      if (match) done({ child, match });
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("error", (error) => failed(new Error(`${program}: ${error.message}; scripts/web-test.sh installs what is needed`)));
    child.on("exit", (code) => failed(new Error(`${program} ended with ${code}: ${seen}`)));
  });
}

export class Browser {
  static async open(binary = process.env.CHROMIUM ?? "/usr/bin/chromium", driver = process.env.CHROMEDRIVER ?? "/usr/bin/chromedriver") {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), "foldproof-web-"));
    const { child, match } = await start(driver, ["--port=0"], /started successfully on port (\d+)/);
    Object.assign(browser, { child, base: `http://127.0.0.1:${match[1]}` });
    const options = { binary, args: [...FLAGS, `--user-data-dir=${browser.profile}`] };
    const capabilities = { alwaysMatch: { "goog:chromeOptions": options, "goog:loggingPrefs": { browser: "ALL", performance: "ALL" } } };
    const session = await browser.ask("POST", "/session", { capabilities });
    browser.base += `/session/${session.sessionId}`;
    browser.version = session.capabilities.browserVersion;
    return browser;
  }

  async ask(method, path, body) {
    const response = await fetch(this.base + path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  go(url) {
    return this.ask("POST", "/url", { url });
  }

  run(script, ...args) {
    return this.ask("POST", "/execute/sync", { script, args });
  }

  cdp(cmd, params = {}) {
    return this.ask("POST", "/goog/cdp/execute", { cmd, params });
  }

  async find(selector) {
    return (await this.ask("POST", "/element", { using: "css selector", value: selector }))[ELEMENT];
  }

  async type(selector, text) {
    await this.ask("POST", `/element/${await this.find(selector)}/value`, { text });
  }

  async click(selector) {
    await this.ask("POST", `/element/${await this.find(selector)}/click`, {});
  }

  /** Presses keys, one after another. */
  async press(...keys) {
    const actions = keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.ask("POST", "/actions", { actions: [{ type: "key", id: "keys", actions }] });
  }

  log(type) {
    return this.ask("POST", "/se/log", { type });
  }

  async until(script, what, seconds = 120) {
    for (let left = seconds * 20; left > 0; left -= 1) {
      const value = await this.run(script);
      if (value) return value;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`expected ${what} within ${seconds} s`);
  }

  async screenshot(file) {
    const { writeFile } = await import("node:fs/promises");
    const { data } = await this.cdp("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    await writeFile(file, Buffer.from(data, "base64"));
  }

  async close() {
    await this.ask("DELETE", "").catch(() => {});
    this.child.removeAllListeners("exit");
    this.child.kill();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
