// One kind of trouble with the volume of a running container, by the name that is given: started by trouble.sh.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { docker, dockerQuietly, figure, IMAGE, LABEL, LOCKED_DOWN, RUN, ready, run, stateOf, urlOf } from './engine.ts';

const execute = promisify(execFile);

const [trouble = ''] = process.argv.slice(2);
const volume = `${RUN}-${trouble}`;
const TOKEN = 'token-of-the-check';
const ADMIN = { authorization: 'Bearer admin-of-the-check' };
const FILE = '/data/chatcaptain-stub.sqlite';
/** How long anything may take that happens by itself, in milliseconds. */
const PATIENCE = 20_000;

/** Whose conversations were answered with 201. */
const acknowledged = new Set<string>();

const TROUBLES: Record<string, () => Promise<void>> = {
  full,
  'full-at-start': fullAtStart,
  'read-only': readOnly,
  'read-only-at-start': readOnlyAtStart,
  deleted,
  damaged,
  'damaged-at-start': damagedAtStart,
  'second-server': secondServer,
};

const play = TROUBLES[trouble];
if (play === undefined) throw new Error(`one of ${Object.keys(TROUBLES).join(', ')}`);
try {
  await play();
} catch (error) {
  const log = await docker('logs', '--tail', '20', RUN).catch(() => '');
  process.stdout.write(`${(error as Error).message}\n${log}`);
  process.exitCode = 1;
} finally {
  await dockerQuietly('rm', '--force', '--volumes', RUN);
}

async function full(): Promise<void> {
  await createVolume('--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=2m,mode=1777');
  await start();
  await create(20);
  await inside('dd if=/dev/zero of=/data/filling bs=4k 2>/dev/null || true');
  await untilRefused(/the disk is full/);
  await inside('rm /data/filling');
  await over();
}

async function fullAtStart(): Promise<void> {
  await createVolume('--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=2m,mode=1777');
  // A volume in memory lives as long as something has it mounted.
  const keeper = await keep();
  await docker('exec', keeper, 'sh', '-c', 'dd if=/dev/zero of=/data/filling bs=4k 2>/dev/null || true');
  await start({ waits: true });
  await refuses(/the disk is full/);
  await docker('exec', keeper, 'rm', '/data/filling');
  await over();
  await dockerQuietly('rm', '--force', keeper);
}

async function readOnlyAtStart(): Promise<void> {
  await createVolume();
  await start();
  await create(20);
  await docker('stop', RUN);
  await start({ waits: true, options: ['--volume', `${volume}:/data:ro`] });
  await refuses(/read-only/);
  await remount('remount,bind,rw');
  await over();
}

/**
 * A remount is refused while a file is open for writing (EBUSY), so the file system itself does it, as it does when its
 * disk fails: what ext4 has for its own tests makes it believe so. From then on it takes no write, and no remount either:
 * it has to be mounted anew, which a restart of the container does.
 */
async function readOnly(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chatcaptain-stub-disk-'));
  let device = '';
  try {
    await asRoot('truncate', '--size', '32M', `${folder}/disk`);
    await asRoot('mkfs.ext4', '-q', '-F', '-e', 'remount-ro', `${folder}/disk`);
    device = await asRoot('losetup', '--find', '--show', `${folder}/disk`);
    await createVolume('--opt', 'type=ext4', '--opt', `device=${device}`);
    await docker(
      'run',
      '--rm',
      '--user',
      '0',
      '--volume',
      `${volume}:/data`,
      '--entrypoint',
      'chmod',
      IMAGE,
      '0777',
      '/data',
    );
    // An end of the file system is like one of the power: this is the durability that is for that.
    await start({ options: ['--volume', `${volume}:/data`, '--env', 'STUB_DURABILITY=full'] });
    await create(20);
    await asRoot('sh', '-c', `echo 1 > /sys/fs/ext4/${path.basename(device)}/trigger_fs_error`);
    await untilRefused(/read-only/);
    await docker('restart', RUN);
    await over();
  } finally {
    await dockerQuietly('rm', '--force', '--volumes', RUN);
    await dockerQuietly('volume', 'rm', volume);
    if (device !== '') await asRoot('losetup', '--detach', device);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deleted(): Promise<void> {
  await createVolume();
  await start();
  await create(20);
  await inside(`rm ${FILE}`);
  await until('it is there again', async () => {
    await tryToCreate();
    return (await inside(`[ -e ${FILE} ] && echo there || true`)).includes('there');
  });
  await over();
  await logNames(/deleted|gone|missing|no longer/);
  // What the next start finds is what counts.
  await docker('restart', RUN);
  await over();
}

async function damaged(): Promise<void> {
  await createVolume();
  await start();
  await create(20);
  await backUp();
  await damage();
  await untilRefused(/damaged/);
  await inside(`mv /data/backup.sqlite ${FILE}`);
  await over();
}

async function damagedAtStart(): Promise<void> {
  await createVolume();
  await start();
  await create(20);
  await backUp();
  await docker('stop', RUN);
  await damage();
  await start({ waits: true });
  await refuses(/damaged/);
  await inside(`mv /data/backup.sqlite ${FILE}`);
  await over();
}

async function secondServer(): Promise<void> {
  await createVolume();
  await start();
  await create(5);
  const second = `${RUN}-second`;
  await run(second, '--user', '12345:0', '--volume', `${volume}:/data`);
  await until('the second has ended', async () => (await stateOf(second)).Status === 'exited');
  const { ExitCode } = await stateOf(second);
  const log = (await docker('logs', second)).trim();
  await docker('rm', '--volumes', second);
  expect(ExitCode === 1, `exit code ${ExitCode}, not 1: ${log}`);
  expect(/^error: .*another server[^\n]*$/.test(log), `its log is not one line that says why:\n${log}`);
  figure(log);
  await over();
}

async function createVolume(...options: string[]): Promise<void> {
  await docker('volume', 'create', '--label', LABEL, '--driver', 'local', ...options, volume);
}

/** Starts the server, as a policy would that restarts what ends. One that `waits` is not ready by then. */
async function start({ waits = false, options = ['--volume', `${volume}:/data`] } = {}): Promise<void> {
  const tokens = ['--env', `STUB_TOKEN=${TOKEN}`, '--env', 'STUB_ADMIN_TOKEN=admin-of-the-check'];
  await run(RUN, '--restart', 'always', '--user', '12345:0', ...options, ...tokens);
  if (!waits) await ready(RUN);
}

/** A container that does nothing but have the volume mounted. */
async function keep(): Promise<string> {
  const name = `${RUN}-keeper`;
  const options = ['--user', '12345:0', '--volume', `${volume}:/data`, '--init', '--entrypoint', 'sleep'];
  await docker('run', '--detach', '--name', name, ...LOCKED_DOWN, ...options, IMAGE, '300');
  return name;
}

/** Runs a line of shell with the volume of the server at hand, whether the server runs or not. */
async function inside(script: string, entrypoint = 'sh', flag = '-c'): Promise<string> {
  const options = ['--rm', '--label', LABEL, '--user', '12345:0', '--volumes-from', RUN, '--entrypoint', entrypoint];
  return docker('run', ...options, IMAGE, flag, script);
}

async function asRoot(...command: string[]): Promise<string> {
  const [file = '', ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  return (await execute(file, args)).stdout.trim();
}

/** Changes how the volume is mounted where the server sees it. */
async function remount(how: string): Promise<void> {
  const pid = (await docker('inspect', '--format', '{{.State.Pid}}', RUN)).trim();
  const allowed = ['SYS_ADMIN', 'SYS_PTRACE', 'SYS_CHROOT'].flatMap((name) => ['--cap-add', name]);
  const open = ['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined', '--pid', 'host'];
  const options = ['--rm', '--user', '0', '--network', 'none', ...allowed, ...open, '--entrypoint', 'nsenter'];
  await docker('run', ...options, IMAGE, '--target', pid, '--mount', '--', 'mount', '-o', how, '/data');
}

/** A copy that any tool would make, and nothing in the log beside the file. */
async function backUp(): Promise<void> {
  const script = `const db = require('better-sqlite3')('${FILE}');
    db.backup('/data/backup.sqlite').then(() => db.pragma('wal_checkpoint(TRUNCATE)'));`;
  await inside(script, 'node', '-e');
}

/** Every page but the first is overwritten, as by a program that has gone mad. */
async function damage(): Promise<void> {
  await inside(`dd if=/dev/urandom of=${FILE} bs=4096 seek=1 count=$(($(stat -c %s ${FILE}) / 4096 - 1)) conv=notrunc`);
}

interface Answer {
  status: number;
  body: string;
}

async function ask(target: string, init?: RequestInit): Promise<Answer> {
  const url = await urlOf(RUN);
  try {
    const response = await fetch(url + target, { ...init, signal: AbortSignal.timeout(5000) });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return { status: 0, body: String(error) };
  }
}

/** One conversation, which may be refused; a 201 counts. */
async function tryToCreate(): Promise<Answer> {
  const answer = await ask('/v1/inbox/shop/conversations', {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'John Doe', channelId: 'web' }),
  });
  if (answer.status === 201) acknowledged.add(JSON.parse(answer.body).conversationId);
  return answer;
}

async function create(count: number): Promise<void> {
  for (let made = 0; made < count; made++) {
    const { status, body } = await tryToCreate();
    expect(status === 201, `a conversation is ${status}: ${body}`);
  }
}

/** Goes on until the trouble is felt: what is still acknowledged till then counts. Then it must be named. */
async function untilRefused(reason: RegExp): Promise<void> {
  await until('it is refused', async () => {
    // A page of each table, for what only reading finds.
    await ask('/__admin/conversations?limit=1000', { headers: ADMIN });
    const { status, body } = await tryToCreate();
    expect([201, 503].includes(status), `a conversation is ${status}: ${body}`);
    return status === 503;
  });
  await refuses(reason);
}

/** It lives, is not ready, refuses what it cannot store, and everywhere says why. */
async function refuses(reason: RegExp): Promise<void> {
  await until('it is not ready, and says why', async () => {
    const { status, body } = await ask('/readyz');
    return status === 503 && reason.test(JSON.parse(body).reason ?? '');
  });
  const { body } = await ask('/readyz');
  const { status, check } = JSON.parse(body);
  expect(status === 'unavailable' && check === 'database', `/readyz is ${body}`);
  const livez = await ask('/livez');
  expect(livez.status === 200, `/livez is ${livez.status}`);
  const refused = await tryToCreate();
  expect(refused.status === 503, `a conversation is ${refused.status}: ${refused.body}`);
  expect(reason.test(JSON.parse(refused.body).message), `its message is ${refused.body}`);
  await logNames(reason);
  await neverRestarted();
  figure(`${body} ${refused.body}`);
}

/** Ready again by itself, and with everything that was ever acknowledged, as another process sees it. */
async function over(): Promise<void> {
  await until('it is ready again', async () => (await ask('/readyz')).status === 200);
  await create(5);
  const script = `console.log(require('better-sqlite3')('${FILE}', { readonly: true })
    .prepare('SELECT id FROM conversations').pluck().all().join(' '));`;
  const stored = new Set((await inside(script, 'node', '-e')).trim().split(' '));
  const lost = [...acknowledged].filter((id) => !stored.has(id));
  expect(lost.length === 0, `lost: ${lost.length} of ${acknowledged.size}`);
  await until('it is healthy', async () => (await stateOf(RUN)).Health?.Status === 'healthy');
  await neverRestarted();
}

async function neverRestarted(): Promise<void> {
  const state = (await docker('inspect', '--format', '{{.State.Status}} {{.RestartCount}}', RUN)).trim();
  expect(state === 'running 0', `its state and its restarts are ${state}`);
}

async function logNames(reason: RegExp): Promise<void> {
  const lines = (await docker('logs', RUN)).split('\n').filter((line) => /"level":[456]0|^error/.test(line));
  expect(
    lines.some((line) => reason.test(line)),
    `no line of the log is like ${reason}`,
  );
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    if (await isSo()) return;
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE / 1000} seconds: ${what}`);
    await sleep(100);
  }
}

function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}
