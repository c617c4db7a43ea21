// The machine, and what runs on it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import fastify from 'fastify/package.json' with { type: 'json' };
import root from '../package.json' with { type: 'json' };
import bench from './package.json' with { type: 'json' };

/** Two cores, one for the server and one for who asks it, where there are two and Linux lets them be chosen. */
const canPin = os.cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0;
export const CLIENT_CORE = '0';
export const SERVER_CORE = '1';
export const ALL_CORES = `0-${os.cpus().length - 1}`;

/** The command, held to these cores. */
export function pinned(cores: string, command: string[]): string[] {
  return canPin ? ['taskset', '-c', cores, ...command] : command;
}

/** This process polls, and starts the load generator: away from the server's core. Its children say where they belong. */
export function pinThisProcess(): void {
  if (canPin) spawnSync('taskset', ['-a', '-p', '-c', CLIENT_CORE, String(process.pid)]);
}

export const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

export function describeMachine(): string {
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  const model = os.cpus()[0]?.model.trim() ?? os.arch();
  return `${model}, ${os.cpus().length} cores, ${gigabytes} GB, ${system()}${canPin ? '' : ', cores not chosen'}`;
}

function system(): string {
  try {
    const [, name] = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
    if (name !== undefined) return `${name}, Linux ${os.release().split('-')[0]}`;
  } catch {
    // Not a Linux that says its name.
  }
  return `${os.type()} ${os.release()}`;
}

export function describeVersions(): Record<string, string> {
  const { echarts, ...peers } = bench.dependencies;
  const java = /"(.*)"/.exec(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr ?? '')?.[1];
  const wrk = /wrk \S*?([\d.]+)/.exec(spawnSync('wrk', ['-v'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  return {
    'chatcaptain-stub': `${root.version}, ${commit()}`,
    node: process.versions.node,
    fastify: fastify.version,
    ...peers,
    ...(java && { java }),
    ...(wrk && { wrk }),
  };
}

function commit(): string {
  const cwd = new URL('..', import.meta.url);
  const git = (...args: string[]) => spawnSync('git', args, { cwd, encoding: 'utf8' }).stdout?.trim();
  const changed = git('status', '--porcelain', 'src', 'package-lock.json', 'build.ts') ? ', changed' : '';
  return `${git('rev-parse', '--short', 'HEAD') || 'no repository'}${changed}`;
}
