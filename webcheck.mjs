// Reads every file of the web apps as a browser would, without running any: does each module parse, does each
// import name a file that is there and a thing that it exports, and does no file name somebody else's host.
//
//     python dev.py node --experimental-vm-modules --no-warnings webcheck.mjs
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "src", "halobestie_app", "web");
const IMPORTS = {
  preact: "vendor/preact.js",
  "preact/hooks": "vendor/hooks.js",
  "@preact/signals-core": "vendor/signals-core.js",
  "@preact/signals": "vendor/signals.js",
  htm: "vendor/htm.js",
  uplot: "vendor/uplot.js",
};
// Names of languages, never fetched; and where support is, which is opened only by whoever taps the link.
const HARMLESS = /^https?:\/\/(www\.w3\.org|wa\.me|(www\.)?instagram\.com)\//;

const troubles = [];
const modules = new Map();
const context = vm.createContext({});

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

function moduleAt(path) {
  if (!modules.has(path)) {
    const source = readFileSync(path, "utf8");
    modules.set(path, new vm.SourceTextModule(source, { context, identifier: path }));
  }
  return modules.get(path);
}

function resolved(specifier, from) {
  if (specifier in IMPORTS) return join(ROOT, IMPORTS[specifier]);
  if (specifier.startsWith("common/")) return join(ROOT, specifier);
  if (specifier.startsWith(".")) return join(dirname(from), specifier);
  if (specifier.startsWith("/")) return join(ROOT, specifier);
  throw new SyntaxError(`the import map has no '${specifier}'`);
}

async function linked(path) {
  const module = moduleAt(path);
  if (module.status === "unlinked") {
    await module.link((specifier, from) => moduleAt(resolved(specifier, from.identifier)));
  }
}

// Where a module does not parse: only the other way of asking tells.
function line(path) {
  const told = spawnSync(process.execPath, ["--check", path], { encoding: "utf8" }).stderr;
  return /^.*?(:\d+)\n/.exec(told)?.[1] ?? "";
}

const all = files(ROOT);
if (!all.some((path) => path.startsWith(join(ROOT, "vendor")))) {
  troubles.push("vendor/ is missing; run: make setup");
}
for (const path of all.filter((path) => extname(path) === ".js")) {
  try {
    await linked(path);
  } catch (trouble) {
    troubles.push(`${relative(ROOT, path)}${line(path)}: ${trouble.message.replace(`${ROOT}/`, "")}`);
    modules.clear(); // whatever was being linked is of no use any more
  }
}
for (const path of all.filter((path) => !path.startsWith(join(ROOT, "vendor")))) {
  if (extname(path) === ".png") continue;
  const text = readFileSync(path, "utf8");
  for (const [url] of text.matchAll(/(?:https?:|wss?:|(?<=["'`(]))\/\/[a-z0-9][a-z0-9.-]*\.[a-z]{2,}[^\s"'`)<]*/gi)) {
    if (!HARMLESS.test(url)) troubles.push(`${relative(ROOT, path)}: names ${url}`);
  }
}
const told = new Set(troubles);
for (const trouble of told) console.error(`webcheck: ${trouble}`);
console.log(`webcheck: ${all.length} files, ${told.size} troubles`);
process.exitCode = told.size ? 1 : 0;
