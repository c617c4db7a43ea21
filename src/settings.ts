// Every setting of the stub.
import {
  Integer,
  Literal,
  Object as ObjectOf,
  Optional,
  type Static,
  String as StringOf,
  Union,
} from '@sinclair/typebox';

/** Not the package's own `Type`: that one names all of it, and a health check would load all of it each time. */
const Type = { Integer, Literal, Object: ObjectOf, Optional, String: StringOf, Union };

/** What may stand behind `Bearer` (RFC 6750, section 2.1), as a pattern and in words. */
export const BEARER_TOKEN = '^[A-Za-z0-9._~+/-]+=*$';
export const BEARER_TOKEN_WORDS = 'letters, digits and . _ ~ + / -, with = only at the end (RFC 6750)';

/** Every setting, its type, its bounds and its default. The flag, the variable and the help text follow from it. */
export const Settings = Type.Object(
  {
    host: Type.String({
      description: 'Address to listen on. 0.0.0.0 for every interface, as in a container.',
      default: '127.0.0.1',
      minLength: 1,
    }),
    port: Type.Integer({
      description:
        'Port to listen on; 0 takes a free one. The variable PORT counts too, where STUB_PORT does not stand beside it.',
      default: 4650,
      minimum: 0,
      maximum: 65535,
    }),
    database: Type.String({
      description: 'SQLite file, made with its folder when missing; :memory: keeps nothing after the process.',
      default: './data/chatcaptain-stub.sqlite',
      // SQLite's binding trims the name, and would then open another file than the one that was looked at.
      pattern: '^\\S(?:.*\\S)?$',
    }),
    waitForDatabase: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      description:
        'on: a database that cannot be opened at the start, since its disk is full, read-only or away, or its file damaged, is waited for, and /readyz says why. off: the start fails.',
      default: 'off',
    }),
    durability: Type.Union([Type.Literal('normal'), Type.Literal('full')], {
      description:
        'normal: nothing acknowledged is lost when the process dies. full: nor when the power fails (one sync per commit).',
      default: 'normal',
    }),
    token: Type.Optional(
      Type.String({
        description: 'A bearer token that holds every permission on every chatbot while this setting stands.',
        pattern: BEARER_TOKEN,
        maxLength: 1024,
      }),
    ),
    adminToken: Type.Optional(
      Type.String({
        description:
          'The token that /__admin asks for. Without one it is open on a loopback address, and elsewhere a token is made and shown at the start.',
        pattern: BEARER_TOKEN,
        maxLength: 1024,
      }),
    ),
    fixtures: Type.Optional(
      Type.String({
        description:
          'A file or a folder of files, in JSON or YAML, with what there is from the start and after a reset.',
        minLength: 1,
      }),
    ),
    watch: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      description: 'Whether fixtures are read again when they change.',
      default: 'off',
    }),
    seed: Type.Optional(
      Type.String({
        description: 'Ids, delays and fault decisions follow from this text: the same requests, the same outcome.',
        minLength: 1,
        maxLength: 200,
      }),
    ),
    journalEntries: Type.Integer({
      description: 'How many requests the journal keeps.',
      default: 10000,
      minimum: 1,
      maximum: 10000000,
    }),
    journalBytes: Type.Integer({
      description: 'How large the requests in the journal may be together, in bytes.',
      default: 67108864,
      minimum: 1024,
      maximum: 1099511627776,
    }),
    upstream: Type.Optional(
      Type.String({
        description:
          'A server of the contract, such as https://api.chatcaptain.com. Requests to /v1 are passed through to it with their credential, and nothing is stored but the journal. Without it the stub calls nobody.',
        // No user, no query: what a URL may hold beside its place is often a secret.
        pattern: '^https?://[^\\s/?#@\\\\]+(?:/[^\\s?#@\\\\]*)?$',
        maxLength: 2000,
      }),
    ),
    upstreamTimeout: Type.Integer({
      description: 'Milliseconds that the upstream has for its whole answer; then it is 504.',
      default: 30000,
      minimum: 1,
      maximum: 3600000,
    }),
    unauthenticatedStatus: Type.Union([Type.Literal(401), Type.Literal(403)], {
      description: 'Status for a missing or unknown credential; 403 keeps to the statuses that the vendor documents.',
      default: 401,
    }),
    shapes: Type.Optional(
      Type.String({
        description: 'A file that verify --record has made: errors are answered in the shapes that it holds.',
        minLength: 1,
      }),
    ),
    prefer: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      description: 'Whether a request may force its answer with a Prefer header: code=403, delay=250, error="…".',
      default: 'on',
    }),
    metrics: Type.Union([Type.Literal('on'), Type.Literal('off')], {
      description: 'Whether GET /metrics answers, for Prometheus. off: nothing is measured.',
      default: 'off',
    }),
    bodyLimit: Type.Integer({
      description: 'Largest request body in bytes; a larger one is answered 413.',
      default: 102400,
      minimum: 1,
      maximum: 104857600,
    }),
    shutdownGrace: Type.Integer({
      description: 'Milliseconds that requests in flight get to finish after SIGTERM or SIGINT.',
      default: 5000,
      minimum: 0,
      maximum: 3600000,
    }),
    shutdownDelay: Type.Integer({
      description:
        'Milliseconds after SIGTERM or SIGINT in which requests are still taken, while /readyz says 503, so that a load balancer notices.',
      default: 0,
      minimum: 0,
      maximum: 3600000,
    }),
    logLevel: Type.Union(
      [
        Type.Literal('fatal'),
        Type.Literal('error'),
        Type.Literal('warn'),
        Type.Literal('info'),
        Type.Literal('debug'),
        Type.Literal('trace'),
        Type.Literal('silent'),
      ],
      { description: 'Least severe log line to write; debug adds the request headers, redacted.', default: 'info' },
    ),
    logFormat: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('pretty')], {
      description: 'auto: for people on a terminal, JSON everywhere else.',
      default: 'auto',
    }),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof Settings>;
export type SettingName = keyof Settings;

/** What `exec` starts unless something says otherwise: a stub that is in nobody's way and leaves nothing behind. */
export const EXEC_DEFAULTS: Partial<Settings> = { port: 0, database: ':memory:', logLevel: 'warn' };

/** Settings whose values are never shown. */
export const SECRET: ReadonlySet<SettingName> = new Set(['token', 'adminToken']);

/** Settings of which a value that cannot be used is never repeated: a URL is often refused for the secret in it. */
export const UNREPEATED: ReadonlySet<SettingName> = new Set([...SECRET, 'upstream']);
