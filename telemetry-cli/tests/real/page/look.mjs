// Looks at a page as somebody with a browser does, and prints as JSON what there was to see.
//
//     node look.mjs CHROMIUM URL '{"width": 1366, "height": 768, "dark": false, "script": true, "whole": true, "screenshot": "page.png"}'
//
// With "until" it looks once these words stand on the page, which brings itself up to date.
//
// The browser has no past, and reaches nothing but this machine: names are not looked up, and a request to another host is noted and
// refused. It ends with this process, whatever ends that.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

// How long the browser may take for one thing, and the page until it says what is waited for. A picture of a wall of pixels takes its time
// where much else runs.
const PATIENCE = 120_000;
const UNTIL = 300_000;
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const RULES = ["wcag2a", "wcag2aa", "wcag21aa"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-crash-reporter",
  "--force-color-profile=srgb",
  "--font-render-hinting=none",
  "--hide-scrollbars",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE ::1",
];

const [chromium, url, options] = process.argv.slice(2);
const wanted = { width: 1366, height: 768, dark: false, script: true, whole: true, ...JSON.parse(options ?? "{}") };
const seen = { console: [], errors: [], failed: [], hosts: [] };

const folder = mkdtempSync(join(tmpdir(), "telemetry-look-"));
// Over a pipe rather than a port, nobody else can steer it, and it ends when this process does.
const browser = await puppeteer.launch({
  executablePath: chromium, args: FLAGS, headless: true, pipe: true, userDataDir: folder, timeout: PATIENCE,
  protocolTimeout: PATIENCE,
});
try {
  console.log(JSON.stringify(await look(await browser.newPage())));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function look(page) {
  await page.setViewport({ width: wanted.width, height: wanted.height });
  await page.setJavaScriptEnabled(wanted.script);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: wanted.dark ? "dark" : "light" }]);
  await watch(page);
  const response = await page.goto(url, { waitUntil: "load", timeout: PATIENCE });
  const said = wanted.until ? await says(page, wanted.until) : {};
  // What the page was given without scripts is all there; ours, which look at it, need them.
  await page.setJavaScriptEnabled(true);
  await settled(page);
  const content = await page.evaluate(survey);
  const violations = await accessibility(page);
  // Taking the picture of a whole page changes the window for a moment, for which pages ask for other images and give them up again.
  const noted = structuredClone({ ...seen, hosts: [...new Set(seen.hosts)] });
  if (wanted.screenshot) {
    await page.screenshot({ path: wanted.screenshot, fullPage: wanted.whole });
  }
  return { status: response.status(), ...content, ...said, violations, ...noted };
}

/** Notes what the page says and asks for, and refuses what is not on this machine. */
async function watch(page) {
  // Asked of the browser itself: what a page says while it is being loaded would otherwise be lost now and then.
  const browser = await page.createCDPSession();
  browser.on("Runtime.consoleAPICalled", ({ type, args }) =>
    seen.console.push(`${type}: ${args.map((arg) => arg.value ?? arg.description ?? "").join(" ")}`));
  browser.on("Log.entryAdded", ({ entry }) => seen.console.push(`${entry.level}: ${entry.text}`));
  await Promise.all([browser.send("Runtime.enable"), browser.send("Log.enable")]);
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // A newer picture has taken the place of one that was still on its way; that each is there in the end is looked at by itself.
    const isReplaced = request.resourceType() === "image" && reason === "net::ERR_ABORTED";
    if (!isReplaced) seen.failed.push(`${request.url()}: ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) seen.failed.push(`${response.url()}: ${response.status()}`);
  });
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    // What has no host, such as data that stand in the page, comes from nowhere.
    if (hostname) seen.hosts.push(hostname);
    // A page that is a file may be read, and no other file.
    const isPage = protocol === "file:" && request.url() === url && request.isNavigationRequest();
    const stays = isPage || protocol === "data:" || protocol === "blob:" || LOOPBACK.includes(hostname);
    return stays ? request.continue() : request.abort("blockedbyclient");
  });
}

/** Waits until these words stand on the page: what stands there with them, which may be gone a moment later. */
async function says(page, words) {
  const deadline = Date.now() + UNTIL;
  for (;;) {
    const { text, title } = await page.evaluate(() => ({ text: document.body.innerText, title: document.title }));
    if (text.includes(words)) return { text, title };
    if (Date.now() > deadline) throw new Error(`the page never said ${words}, but:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits until every image is there or has failed, those below what is visible, too. */
async function settled(page) {
  const images = await page.$$("img");
  for (const image of images) await image.evaluate((element) => { element.loading = "eager"; });
  const deadline = Date.now() + PATIENCE;
  while (!(await page.evaluate(() => [...document.images].every((image) => image.complete)))) {
    if (Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What stands on the page; runs inside of it. */
function survey() {
  const name = (element) => element.getAttribute("alt") ?? element.querySelector(":scope > title")?.textContent ?? "";
  const images = [...document.images].map((image) => ({
    name: name(image), source: image.currentSrc.slice(0, 200),
    loaded: image.complete && image.naturalWidth > 0,
    width: Math.round(image.getBoundingClientRect().width),
  }));
  const drawings = [...document.querySelectorAll("svg[role=img]")].map((svg) => ({
    name: name(svg), source: "",
    loaded: svg.querySelector("path, text, circle") !== null,
    width: Math.round(svg.getBoundingClientRect().width),
  }));
  const root = document.documentElement;
  return {
    title: document.title,
    language: root.lang,
    text: document.body?.innerText ?? "",
    charts: [...images, ...drawings],
    overflow: Math.max(0, root.scrollWidth - root.clientWidth),
    length: root.scrollHeight,
  };
}

/** What axe-core has to say, in one line for each place. */
async function accessibility(page) {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const found = await page.evaluate(
    (rules) => globalThis.axe.run({ runOnly: { type: "tag", values: rules }, resultTypes: ["violations"] }), RULES);
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`));
}
