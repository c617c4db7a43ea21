// TypeScript that a document shows, run as it stands.
import { execFile } from 'node:child_process';

const DOOR = new URL('../../src/index.ts', import.meta.url).href;

/** Runs it in a process of its own, with the sources in the place of the package. */
export function runExample(source: string): Promise<{ stdout: string; stderr: string }> {
  const runnable = source.replaceAll("'chatcaptain-stub'", JSON.stringify(DOOR));
  const script = ['--input-type=module-typescript', '--eval', runnable];
  return new Promise((resolve) => {
    execFile(process.execPath, script, (_error, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

/** What it says that it prints: the comment behind each console.log. */
export function promisedOutput(source: string): string {
  return [...source.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => `${output}\n`).join('');
}

/** Needs a container engine: test/container/check.sh runs it. */
export function needsEngine(source: string): boolean {
  return source.includes("'chatcaptain-stub/testcontainers'");
}

/** As a pattern: `…` stands for anything. */
export function patternOf(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
