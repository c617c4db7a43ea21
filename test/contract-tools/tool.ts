import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';

/** What a tool looks at: answers of the operation, or a document that is served. */
export type Looks = 'answers' | '/openapi.json';

export interface Tool {
  /** As in the table; unique. */
  name: string;
  /** The package that it comes from; none is ours. */
  package?: string;
  looksAt: readonly Looks[];
  /** Whether it is pointed at a stub that answers documented statuses only. */
  documentedStatusesOnly?: boolean;
  check(target: Target): Promise<Outcome>;
}

export interface Outcome {
  /** What was checked, in words, with its numbers. */
  checked: string;
  /** What holds, in words, if there is no fault. */
  result: string;
  /** What the tool complains about. */
  faults: string[];
  /** What is wrong with the run itself: the tool did not see what it should have. */
  doubts?: string[];
}

/** A file of a package. */
export function fileOf(packageName: string, file: string): string {
  return fileURLToPath(new URL(`node_modules/${packageName}/${file}`, import.meta.url));
}

/** The command that starts a tool on this Node.js. */
export function commandOf(packageName: string, bin: string): string[] {
  const { bin: bins } = manifestOf(packageName);
  return [process.execPath, fileOf(packageName, bins[bin] as string)];
}

export function versionOf(packageName: string): string {
  return manifestOf(packageName).version;
}

function manifestOf(packageName: string): { version: string; bin: Record<string, string> } {
  return JSON.parse(readFileSync(fileOf(packageName, 'package.json'), 'utf8'));
}
