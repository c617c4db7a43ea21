// What `docker save` gives of the image above its base, so that a file that a later layer deletes is seen too: started by
// contents.sh. Every layer is looked into, every file in it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { docker, figure, IMAGE } from './engine.ts';

const [base = ''] = process.argv.slice(2);

/** What the layers above the base may take together, in MB. Somewhat above what they took when this was written. */
const LARGEST = 9.5;
const LARGEST_COMPRESSED = 3;

/** Where something may stand, and what. */
const ALLOWED = [
  /^app\/(LICENSE|package\.json)$/,
  /^app\/dist\/[\w-]+\.(js|txt)$/,
  /^app\/dist\/inspector\/(index\.html|page-\w+\.(js|css))(\.br|\.gz)?$/,
  /^app\/migrations\/\d{4}_\w+\.sql$/,
  /^app\/contract\/[\w.-]+\.json$/,
  /^app\/node_modules\/(@[\w-]+\/)?[\w.-]+\/(.+\/)?([\w.-]+\.(js|cjs|json)|(licen[cs]e|notice|copying)[\w.-]*)$/i,
  /^app\/node_modules\/@fastify\/swagger-ui\/static\/[\w.-]+\.(css|html|png|svg)$/,
  /^app\/node_modules\/better-sqlite3\/prebuilds\/linux-[\w-]+\.node$/,
];
/** Empty ones, where something is mounted. */
const FOLDERS = /^(data|fixtures|app(\/.*)?)$/;

const FORBIDDEN: [string, RegExp][] = [
  ['a map', /\.map$/],
  ['a test', /(^|\/)(tests?|__tests__|spec)\/|\.(test|spec)\.[cm]?js$/],
  ['a key', /\.(pem|key|p12|pfx|jks)$|(^|\/)id_(rsa|ed25519)/],
  ['settings or credentials', /(^|\/)\.(env|npmrc|netrc|git|docker|ssh)/],
  ['a cache', /(^|\/)(\.npm|_cacache|\.cache)(\/|$)/],
  ['a database', /\.sqlite(-wal|-shm)?$/],
  ['a file that a layer hides', /(^|\/)\.wh\./],
];
/** What no file may say. The build works below /app. */
const SECRETS: [string, RegExp][] = [
  ['the place of a map', /[#@]\s*sourceMappingURL=/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]/],
  ['a path of the build', /\/app\/(src|node_modules|build\.ts)\b/],
  ['a path of this machine', new RegExp(`${literal(process.cwd())}|${literal(homedir())}/(?!\\.)`)],
];

interface Manifest {
  Config: string;
  Layers: string[];
}

const problems: string[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'chatcaptain-stub-layers-'));
try {
  await checkLayers();
  await checkConfiguration();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(problems.map((problem) => `${problem}\n`).join(''));
process.exitCode = problems.length > 0 ? 1 : 0;

function expect(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) problems.push(`${what} is ${a}, not ${b}`);
}

async function checkLayers(): Promise<void> {
  await docker('save', '--output', `${folder}/image.tar`, IMAGE);
  execFileSync('tar', ['-xf', `${folder}/image.tar`, '-C', folder]);
  const [{ Layers }] = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as [Manifest];
  const layersOf = async (image: string): Promise<string[]> =>
    JSON.parse(await docker('inspect', '--format', '{{json .RootFS.Layers}}', image));
  const [below, all] = [await layersOf(base), await layersOf(IMAGE)];
  expect('what is below', all.slice(0, below.length), below);

  const names: string[] = [];
  let [size, compressed] = [0, 0];
  for (const layer of Layers.slice(below.length)) {
    const tar = readFileSync(path.join(folder, layer));
    size += tar.length;
    compressed += gzipSync(tar).length;
    for (const entry of entriesOf(tar)) {
      names.push(entry.name);
      checkEntry(entry);
    }
  }
  checkPackages(names);
  // Not how much a file system needs for them: how much goes over the network.
  const [megabytes, compressedMegabytes] = [size / 1e6, compressed / 1e6];
  figure(
    `${names.length} entries in ${Layers.length - below.length} layers above ${base}: ` +
      `${megabytes.toFixed(1)} MB, ${compressedMegabytes.toFixed(1)} MB compressed`,
  );
  if (megabytes > LARGEST) problems.push(`they are larger than ${LARGEST} MB`);
  if (compressedMegabytes > LARGEST_COMPRESSED)
    problems.push(`compressed they are larger than ${LARGEST_COMPRESSED} MB`);
}

interface Entry {
  name: string;
  isFolder: boolean;
  content: Buffer;
}

function checkEntry({ name, isFolder, content }: Entry): void {
  if (isFolder ? !FOLDERS.test(name) : !ALLOWED.some((pattern) => pattern.test(name))) {
    problems.push(`${name} may not be there`);
  }
  for (const [what, pattern] of FORBIDDEN) {
    if (pattern.test(name)) problems.push(`${name} is ${what}`);
  }
  if (isFolder) return;
  const text = content.toString('latin1');
  for (const [what, pattern] of SECRETS) {
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) problems.push(`${name} holds ${what}: ${found}`);
  }
}

/** Packages that the lock file marks as development only, licences that went missing, and the one native binary. */
function checkPackages(names: readonly string[]): void {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const folders = new Set(
    names.flatMap((name) => /^app\/(node_modules\/(?:@[^/]+\/[^/]+|[^@/][^/]*))\//.exec(name)?.[1] ?? []),
  );
  for (const each of folders) {
    const { dev } = packages[each] ?? { dev: true };
    if (dev === true) problems.push(`${each} is no dependency of the server`);
    const licence = names.some((name) => name.startsWith(`app/${each}/`) && /^licen[cs]e/i.test(path.basename(name)));
    if (!licence) problems.push(`${each} is without its licence`);
  }
  if (folders.size === 0) problems.push('there are no packages at all');
  expect('the number of native binaries', names.filter((name) => name.endsWith('.node')).length, 1);
  if (!names.includes('app/dist/THIRD-PARTY-LICENSES.txt'))
    problems.push('the licences of what is bundled are missing');
}

async function checkConfiguration(): Promise<void> {
  const config = JSON.parse(await docker('inspect', '--format', '{{json .Config}}', IMAGE));
  const { version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect('its user', config.User, '1000:1000');
  expect('what it stops by', config.StopSignal, 'SIGTERM');
  expect('its port', config.ExposedPorts, { '4650/tcp': {} });
  expect('its volume', config.Volumes, { '/data': {} });
  expect('its command', config.Cmd, ['serve']);
  expect('its program', [config.Entrypoint[0], config.Entrypoint.at(-1)], ['node', '/app/dist/cli.js']);
  const { Test, Interval, Timeout } = config.Healthcheck;
  const probe = ['CMD', 'node', '/app/dist/cli.js', 'readyz', '--wait', '--timeout', '4', '--hold', '20'];
  expect('its health check', Test, probe);
  expect('the time-out is longer than what it may wait and hold', Timeout / 1e9 > 24, true);
  // The first one comes after as long, and healthy within two seconds it shall be.
  expect('the time between two health checks, in seconds', Interval / 1e9, 0.5);
  const label = (name: string): unknown => config.Labels?.[`org.opencontainers.image.${name}`];
  expect('its title', label('title'), 'chatcaptain-stub');
  expect('its version', label('version'), version);
  expect('its licence', label('licenses'), license);
  expect('its base', label('base.name'), base);
  if (!label('description')) problems.push('it has no description');
  if (!/^[0-9a-f]{40}$/.test(String(label('revision')))) problems.push(`its revision is ${label('revision')}`);
  const secret = config.Env.find((line: string) => /^[^=]*(TOKEN|PASSWORD|SECRET|REGISTRY)[^=]*=/i.test(line));
  if (secret !== undefined) problems.push(`its environment has ${secret}`);
}

/** What is in a tar file: names that are long stand before their entry, in one of two ways. */
function* entriesOf(tar: Buffer): Generator<Entry> {
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number): string =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const content = tar.subarray(at + 512, at + 512 + size);
    const type = text(156, 1);
    const isExtended = text(257, 5) === 'ustar' && text(345, 155) !== '';
    const shortName = isExtended ? `${text(345, 155)}/${text(0, 100)}` : text(0, 100);
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === 'x') {
      longName = /\d+ path=(.*)\n/.exec(content.toString('utf8'))?.[1];
    } else if (type === 'L') {
      longName = content.toString('utf8').replace(/\0.*$/s, '');
    } else if (type !== 'g') {
      const name = (longName ?? shortName).replace(/^\.?\//, '').replace(/\/$/, '');
      longName = undefined;
      yield { name, isFolder: type === '5', content };
    }
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
