import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { TSchema } from '@sinclair/typebox';
import leven from 'leven';
import { BEARER_TOKEN, BEARER_TOKEN_WORDS, type SettingName, Settings, UNREPEATED } from './settings.ts';
import { SettingsError } from './settings-error.ts';

export {
  BEARER_TOKEN,
  BEARER_TOKEN_WORDS,
  EXEC_DEFAULTS,
  SECRET,
  type SettingName,
  Settings,
} from './settings.ts';
export { SettingsError } from './settings-error.ts';

/** One setting as `--help`, `.env.example` and the README show it. */
export interface SettingDescription {
  name: SettingName;
  flag: string;
  variable: string;
  description: string;
  /** What a value must be, in words: "a whole number from 0 to 65535". */
  expected: string;
  default: string | number | undefined;
}

/** What the patterns of the schema ask for, in words. */
const PATTERNS: Record<string, string> = {
  [Settings.properties.database.pattern as string]: 'a path without white space around it, or :memory:',
  [Settings.properties.upstream.pattern as string]: 'a URL with http:// or https://, without user, query or fragment',
  [BEARER_TOKEN]: `at most 1024 ${BEARER_TOKEN_WORDS}`,
};

const PREFIX = 'STUB_';

/** Set by `exec` for its command, and no setting: a stub that is started inside of it leaves it alone. */
const EXPORTED = 'STUB_ADMIN_URL';

/** The settings in the order of the schema, with these defaults where they differ from its own. */
export function describeSettings(defaults: Partial<Settings> = {}): SettingDescription[] {
  return Object.entries(Settings.properties).map(([key, schema]) => {
    const name = key as SettingName;
    const words = name.replace(/[A-Z]/g, (letter) => `_${letter}`);
    return {
      name,
      flag: `--${words.replaceAll('_', '-').toLowerCase()}`,
      variable: PREFIX + words.toUpperCase(),
      description: schema.description as string,
      expected: expected(schema),
      default: defaults[name] ?? schema.default,
    };
  });
}

function expected(schema: TSchema): string {
  if (schema['anyOf']) {
    return `one of ${(schema['anyOf'] as TSchema[]).map((choice) => choice['const']).join(', ')}`;
  }
  if (schema['type'] === 'integer') return `a whole number from ${schema['minimum']} to ${schema['maximum']}`;
  if (schema['maxLength'] && !schema['pattern']) return `a text of 1 to ${schema['maxLength']} characters`;
  return PATTERNS[schema['pattern'] as string] ?? 'a text that is not empty';
}

/** Where settings come from, strongest first. Values are text, or already typed when a program gives them. */
export interface SettingSources {
  options?: Partial<Record<string, unknown>>;
  environment?: NodeJS.ProcessEnv;
  /** The text of a `.env` file. Only its `STUB_` lines are ours: a `PORT` there is another program's. */
  dotenv?: string;
  /** Defaults in the place of the schema's. */
  defaults?: Partial<Settings>;
  /** Whether the variable PORT is meant for another program. */
  foreignPort?: boolean;
}

interface Given {
  value: unknown;
  /** The flag, the variable or the option that it was given by. */
  label: string;
  place: string;
}

/**
 * Resolves the settings: option or flag > environment > `.env` > default. An empty variable counts as not set.
 *
 * @throws SettingsError naming every bad value and every unknown name at once.
 */
export function resolveSettings(sources: SettingSources, label: 'flag' | 'name' = 'name'): Settings {
  const descriptions = describeSettings(sources.defaults);
  const problems: string[] = [];
  const given = new Map<string, Given>();

  takeVariables(parseEnv(sources.dotenv ?? ''), ' in .env');
  const environment = sources.environment ?? {};
  if (environment['PORT'] && !sources.foreignPort)
    given.set('port', { value: environment['PORT'], label: 'PORT', place: '' });
  takeVariables(environment, '');
  for (const [name, value] of Object.entries(sources.options ?? {})) {
    const known = descriptions.find((setting) => setting.name === name);
    if (!known) problems.push(unknownName(name, names('name')));
    else if (value !== undefined) given.set(name, { value, label: known[label], place: '' });
  }

  const settings: Record<string, unknown> = {};
  for (const { name, expected, default: fallback } of descriptions) {
    const source = given.get(name);
    const value = source ? convert(name, source.value) : fallback;
    if (value === undefined) continue;
    settings[name] = value;
    if (source && !isValid(name, value)) {
      const shown = UNREPEATED.has(name) ? '' : `=${String(source.value)}`;
      const otherwise = fallback === undefined ? '' : ` (default ${fallback})`;
      problems.push(`${source.label}${shown}${source.place}: must be ${expected}${otherwise}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings as Settings;

  function takeVariables(variables: NodeJS.Dict<string>, place: string): void {
    for (const [variable, value] of Object.entries(variables)) {
      if (!variable.startsWith(PREFIX) || variable === EXPORTED) continue;
      const known = descriptions.find((setting) => setting.variable === variable);
      if (!known) problems.push(unknownName(variable, names('variable'), place));
      else if (value) given.set(known.name, { value, label: variable, place });
    }
  }

  function names(kind: 'name' | 'variable'): string[] {
    return descriptions.map((setting) => setting[kind]);
  }
}

/**
 * The settings of this process: flags over its environment over the `.env` file in the working folder.
 *
 * @throws SettingsError
 */
export function loadSettings(
  flags: Partial<Record<string, unknown>>,
  otherwise: Pick<SettingSources, 'defaults' | 'foreignPort'> = {},
): Settings {
  return resolveSettings({ options: flags, environment: process.env, ...readDotenv(), ...otherwise }, 'flag');
}

/** What `exec` tells its command. */
export interface Exported {
  CHATCAPTAIN_URL: string;
  CHATCAPTAIN_TOKEN: string;
  CHATCAPTAIN_CHATBOT_ID: string;
  [EXPORTED]: string;
  /** Absent where the control plane is open. */
  STUB_ADMIN_TOKEN?: string;
}

/** What `verify` may find in its environment; `exec` tells its command the first two. */
export function credentialsInEnvironment(): Partial<
  Record<'CHATCAPTAIN_CHATBOT_ID' | 'CHATCAPTAIN_TOKEN' | 'CHATCAPTAIN_KEY', string>
> {
  const { CHATCAPTAIN_CHATBOT_ID, CHATCAPTAIN_TOKEN, CHATCAPTAIN_KEY } = process.env;
  return {
    ...(CHATCAPTAIN_CHATBOT_ID && { CHATCAPTAIN_CHATBOT_ID }),
    ...(CHATCAPTAIN_TOKEN && { CHATCAPTAIN_TOKEN }),
    ...(CHATCAPTAIN_KEY && { CHATCAPTAIN_KEY }),
  };
}

/** The environment of this process with what `exec` tells its command. */
export function environmentWith(exported: Exported): NodeJS.ProcessEnv {
  return { ...process.env, ...exported };
}

function readDotenv(): { dotenv?: string } {
  try {
    return { dotenv: readFileSync('.env', 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new SettingsError([`.env cannot be read (${code}): make it a file that this user may read, or remove it`]);
  }
}

function convert(name: SettingName, value: unknown): unknown {
  const schema: TSchema = Settings.properties[name];
  // A seed reads well as a number, too.
  if (name === 'seed' && typeof value === 'number') return String(value);
  const numeric =
    schema['type'] === 'integer' || (schema['anyOf'] as TSchema[] | undefined)?.[0]?.['type'] === 'number';
  return numeric && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function isValid(name: SettingName, value: unknown): boolean {
  return conforms(Settings.properties[name], value) && (name !== 'upstream' || URL.canParse(String(value)));
}

/**
 * Whether a value is what the schema of a setting asks for. As Ajv has it, without Ajv: a health check reads the settings
 * every few seconds, and loading that validator took more of its time than everything else. A test compares the two.
 */
export function conforms(schema: TSchema, value: unknown): boolean {
  const { anyOf, type, minLength = 0, maxLength = Infinity, pattern = '', minimum, maximum } = schema;
  if (anyOf) return (anyOf as TSchema[]).some((choice) => choice['const'] === value);
  if (type === 'integer') return Number.isInteger(value) && minimum <= Number(value) && Number(value) <= maximum;
  if (typeof value !== 'string') return false;
  const characters = [...value].length;
  return minLength <= characters && characters <= maxLength && new RegExp(pattern, 'u').test(value);
}

function unknownName(name: string, known: string[], place = ''): string {
  const nearest = closest(name, known);
  return `${name}${place}: there is no such setting${nearest ? `; did you mean ${nearest}?` : ` (there are ${known.join(', ')})`}`;
}

/** The known word that `word` most likely stood for, or `undefined` when none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: leven(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= Math.max(2, word.length / 3) ? nearest.candidate : undefined;
}
