// SPDX-License-Identifier: Apache-2.0
// Usage: node build.mjs WORK OUT
// Builds the page into WORK/dist and copies it to OUT. Nothing is built where the sources and the packages are the
// ones of the last build; packages are installed again only where the lock file changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [work, out] = process.argv.slice(2).map((path) => resolve(path));
if (!work || !out) {
  fail('usage: node build.mjs WORK OUT');
}
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old to build the console's page: install Node 20.19 or newer.`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'dist')
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function digest(paths) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const path of paths) {
    hash.update(relative(here, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  if (result.error) {
    fail(`${command} does not start (${result.error.message}): install Node with npm.`);
  }
  if (result.status !== 0) {
    fail(`'${command} ${args.join(' ')}' failed in ${relative(process.cwd(), here)}; its output is above.`);
  }
}

function unchanged(stamp, value) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === value;
}

mkdirSync(work, { recursive: true });
const modules = join(here, 'node_modules');
const packages = digest(['package.json', 'package-lock.json', '.npmrc'].map((name) => join(here, name)));
const packagesStamp = join(modules, '.flotilla-stamp');
if (!unchanged(packagesStamp, packages)) {
  console.log("The console's packages are installed (npm ci).");
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(packagesStamp, packages);
}

const dist = join(work, 'dist');
const sources = digest(files(here));
const sourcesStamp = join(work, 'stamp');
if (!existsSync(dist) || !unchanged(sourcesStamp, sources)) {
  console.log("The console's page is built.");
  rmSync(sourcesStamp, { force: true });
  run('npm', ['run', '--silent', 'build'], { FLOTILLA_WEBUI_OUT: dist });
  writeFileSync(sourcesStamp, sources);
}
rmSync(out, { recursive: true, force: true });
cpSync(dist, out, { recursive: true });
