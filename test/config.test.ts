import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Ajv } from 'ajv';
import t from 'tap';
import {
  closest,
  conforms,
  describeSettings,
  loadSettings,
  resolveSettings,
  Settings,
  SettingsError,
} from '../src/config.ts';

const DEFAULTS = Object.fromEntries(
  describeSettings()
    .filter((setting) => setting.default !== undefined)
    .map((setting) => [setting.name, setting.default]),
);

function problems(sources: Parameters<typeof resolveSettings>[0], label?: 'flag'): readonly string[] {
  try {
    resolveSettings(sources, label);
    return [];
  } catch (error) {
    return (error as SettingsError).problems;
  }
}

t.test('nothing given is every default', async (t) => {
  t.same(resolveSettings({}), DEFAULTS);
  t.same(resolveSettings({ options: { port: undefined } }), DEFAULTS);
  t.match(DEFAULTS, {
    host: '127.0.0.1',
    port: 4650,
    database: './data/chatcaptain-stub.sqlite',
    durability: 'normal',
  });
});

t.test('a caller may have other defaults, which everything else stands above', async (t) => {
  const defaults = { port: 0, token: 'a' };
  t.same(resolveSettings({ defaults }), { ...DEFAULTS, ...defaults });
  t.match(resolveSettings({ defaults, dotenv: 'STUB_PORT=5', options: { token: undefined } }), { port: 5, token: 'a' });
  t.match(problems({ defaults, dotenv: 'STUB_PORT=x' }), [/ \(default 0\)$/]);
});

t.test('what exec sets for its command is no setting, and no mistake', async (t) => {
  t.same(resolveSettings({ environment: { STUB_ADMIN_URL: 'x' }, dotenv: 'STUB_ADMIN_URL=x' }), DEFAULTS);
});

t.test('flag > environment > .env > default, each by itself', async (t) => {
  const dotenv = 'STUB_PORT=1\nSTUB_HOST=dotenv\nSTUB_LOG_LEVEL=warn\nSTUB_PREFER=off # a comment\n';
  const environment = { STUB_PORT: '2', STUB_HOST: 'environment', UNRELATED: 'x' };
  const settings = resolveSettings({ options: { port: '3' }, environment, dotenv });
  t.match(settings, { port: 3, host: 'environment', logLevel: 'warn', prefer: 'off', durability: 'normal' });
});

t.test('PORT counts, STUB_PORT wins over it, and a PORT in .env belongs to somebody else', async (t) => {
  t.equal(resolveSettings({ environment: { PORT: '81' } }).port, 81);
  t.equal(resolveSettings({ environment: { PORT: '81', STUB_PORT: '82' } }).port, 82);
  t.equal(resolveSettings({ environment: { PORT: '81' }, dotenv: 'STUB_PORT=83' }).port, 81);
  t.equal(resolveSettings({ environment: { PORT: '' }, dotenv: 'PORT=84' }).port, 4650);
  const foreign = { environment: { PORT: 'x' }, foreignPort: true };
  t.same(resolveSettings(foreign), DEFAULTS, 'nor in the environment of a program under test');
  t.same(problems({ environment: { PORT: 'x' } }), ['PORT=x: must be a whole number from 0 to 65535 (default 4650)']);
});

t.test('an empty variable counts as not set', async (t) => {
  t.same(resolveSettings({ environment: { STUB_TOKEN: '', STUB_PORT: '' }, dotenv: 'STUB_HOST=\n' }), DEFAULTS);
});

t.test('every bad setting is reported at once, with what would be right', async (t) => {
  t.same(
    problems(
      {
        options: { port: '99999', durability: 'fast' },
        environment: {
          STUB_BODY_LIMIT: '10kb',
          STUB_UNAUTHENTICATED_STATUS: '404',
          STUB_PROT: '1',
          STUB_ZZZZZZZZZZZ: '1',
        },
        dotenv: 'STUB_LOG_LEVEL=loud\nSTUB_LOGLEVEL=info\nSTUB_SHUTDOWN_GRACE=-1',
      },
      'flag',
    ),
    [
      'STUB_LOGLEVEL in .env: there is no such setting; did you mean STUB_LOG_LEVEL?',
      'STUB_PROT: there is no such setting; did you mean STUB_PORT?',
      `STUB_ZZZZZZZZZZZ: there is no such setting (there are ${describeSettings()
        .map(({ variable }) => variable)
        .join(', ')})`,
      '--port=99999: must be a whole number from 0 to 65535 (default 4650)',
      '--durability=fast: must be one of normal, full (default normal)',
      'STUB_UNAUTHENTICATED_STATUS=404: must be one of 401, 403 (default 401)',
      'STUB_BODY_LIMIT=10kb: must be a whole number from 1 to 104857600 (default 102400)',
      'STUB_SHUTDOWN_GRACE=-1 in .env: must be a whole number from 0 to 3600000 (default 5000)',
      'STUB_LOG_LEVEL=loud in .env: must be one of fatal, error, warn, info, debug, trace, silent (default info)',
    ],
  );
});

t.test('a bad token is not repeated', async (t) => {
  const [problem, ...more] = problems({ environment: { STUB_TOKEN: 'se cret' } });
  t.match(problem, /^STUB_TOKEN: must be at most 1024 letters/);
  t.notMatch(problem, /se cret/);
  t.same(more, []);
});

t.test('options of a program are typed, named by their names, and checked alike', async (t) => {
  t.match(resolveSettings({ options: { port: 0, unauthenticatedStatus: 403 } }), {
    port: 0,
    unauthenticatedStatus: 403,
  });
  t.same(problems({ options: { prot: 1, host: '', port: 1.5, database: 5 } }), [
    'prot: there is no such setting; did you mean port?',
    'host=: must be a text that is not empty (default 127.0.0.1)',
    'port=1.5: must be a whole number from 0 to 65535 (default 4650)',
    'database=5: must be a path without white space around it, or :memory: (default ./data/chatcaptain-stub.sqlite)',
  ]);
  t.throws(() => resolveSettings({ options: { port: -1 } }), SettingsError);
});

t.test('the process: its environment, and .env in its working folder', async (t) => {
  t.chdir(t.testdir({ '.env': 'STUB_HOST=from-dotenv\nPORT=1\n' }));
  process.env['STUB_LOG_LEVEL'] = 'error';
  t.teardown(() => delete process.env['STUB_LOG_LEVEL']);
  t.match(loadSettings({ port: '7' }), { host: 'from-dotenv', logLevel: 'error', port: 7 });
  t.chdir(t.testdir({ '.env': {} }));
  t.throws(() => loadSettings({}), { message: /^\.env cannot be read \(EISDIR\): make it a file/ });
  t.chdir(t.testdir({}));
  t.match(loadSettings({}), { host: '127.0.0.1', logLevel: 'error' });
});

t.test('a database with white space around its name is refused: SQLite would open another file', async (t) => {
  for (const database of [' x.sqlite', 'x.sqlite ', ' ', '\t']) {
    t.match(
      problems({ options: { database } }),
      [/must be a path without white space around it, or :memory:/],
      database,
    );
  }
  t.equal(resolveSettings({ options: { database: 'a b.sqlite' } }).database, 'a b.sqlite');
});

t.test('the nearest word is suggested only when it is near', async (t) => {
  t.equal(closest('STUB_PROT', ['STUB_HOST', 'STUB_PORT']), 'STUB_PORT');
  t.equal(closest('x', ['port']), undefined);
  t.equal(closest('x', []), undefined);
});

t.test('.env.example lists each setting once with its default and meaning, and changes nothing', async (t) => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  t.same(resolveSettings({ dotenv: text }), DEFAULTS, 'as a .env it is every default');
  const lines = text.split('\n');
  for (const { variable, description, default: fallback } of describeSettings()) {
    const line = fallback === undefined ? `#${variable}=` : `${variable}=${fallback}`;
    t.equal(lines.filter((candidate) => candidate === line).length, 1, line);
    t.ok(lines.includes(`# ${description}`), `${variable}: meaning`);
  }
  const active = Object.keys(parseEnv(text));
  const withDefault = describeSettings().filter((setting) => setting.default !== undefined);
  t.same(active.sort(), withDefault.map(({ variable }) => variable).sort());
});

t.test('the README lists each setting with its flag, its default and its meaning', async (t) => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const { variable, flag, description, default: fallback } of describeSettings()) {
    const row = `| \`${variable}\` | \`${flag}\` | ${fallback === undefined ? '–' : `\`${fallback}\``} | ${description} |`;
    t.ok(text.includes(row), row);
  }
});

t.test('a value is good or bad as JSON Schema has it, for every keyword that a setting uses', async (t) => {
  const ajv = new Ajv();
  const values = [
    ...[
      '',
      ' ',
      'a',
      ' a',
      'a ',
      'a b',
      'a\nb',
      'on',
      'off',
      'full',
      'info',
      'auto',
      '401',
      'a=',
      '=a',
      '\u{1f600}',
      'ä',
      '~',
      'http://a',
    ],
    ...[199, 200, 201, 1023, 1024, 1025].flatMap((length) => ['a'.repeat(length), '\u{1f600}'.repeat(length)]),
    ...[-1, 0, 0.5, 1, 401, 403, 1023, 1024, 65535, 65536, 3600001, 10000001, 104857601, 2 ** 40, 2 ** 40 + 1],
    ...[Number.NaN, Number.POSITIVE_INFINITY, 1n, true, null, undefined, [], ['on'], [1], {}],
  ];
  for (const [name, schema] of Object.entries(Settings.properties)) {
    const verdicts = values.map((value) => conforms(schema, value));
    const expected = values.map((value) => ajv.validate(schema, value));
    t.same(verdicts, expected, name);
    t.ok(verdicts.includes(true) && verdicts.includes(false), `${name} is met and missed`);
  }
  const keywords = new Set(Object.values(Settings.properties).flatMap((schema) => Object.keys(schema)));
  t.same(
    [...keywords].sort(),
    ['anyOf', 'default', 'description', 'maxLength', 'maximum', 'minLength', 'minimum', 'pattern', 'type'],
    'a keyword that nobody looks at would let everything through',
  );
});

t.test(
  'an upstream is a URL of http or https without user, query and fragment; a bad one is not repeated',
  async (t) => {
    for (const upstream of [
      'http://127.0.0.1:1',
      'https://api.example.com/base/',
      'http://[::1]:8080',
      'http://my_api',
    ]) {
      t.equal(resolveSettings({ options: { upstream } }).upstream, upstream);
    }
    const bad = [
      'api.example.com',
      'ftp://x',
      'http://',
      'http://u:secret@x',
      'http://x/?key=secret',
      'http://x#secret',
    ];
    for (const upstream of [
      ...bad,
      'http://x /',
      'http://x:99999',
      'http://[x',
      'http://x\\\\y',
      `http://x/${'a'.repeat(2000)}`,
    ]) {
      t.same(
        problems({ environment: { STUB_UPSTREAM: upstream } }),
        ['STUB_UPSTREAM: must be a URL with http:// or https://, without user, query or fragment'],
        upstream.slice(0, 40),
      );
    }
  },
);
