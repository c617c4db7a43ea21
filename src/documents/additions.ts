// What our OpenAPI document says beyond the vendor's. Each addition is marked in the document with `x-stub-added: true`.
import { Type } from '@sinclair/typebox';

/** The mark itself. */
export const ADDED = 'x-stub-added';

/** The vendor's document has none. */
export const DESCRIPTION =
  "ChatCaptain's operation word for word, and what chatcaptain-stub answers beyond it: each such status, schema and " +
  `security scheme has \`${ADDED}: true\`. /openapi.vendor.json is the vendor's document alone.`;

export const StubErrorBody = Type.Object(
  {
    message: Type.Union([Type.String(), Type.Array(Type.String())], {
      description: 'One sentence, or one for each violation.',
    }),
    error: Type.String({ description: 'The status in words.' }),
    statusCode: Type.Integer(),
  },
  {
    $id: 'StubErrorBody',
    description: "The body of every error that this stub answers: NestJS's default shape, an inference.",
    [ADDED]: true,
  },
);

/** Two schemes: the vendor's fragment lists two alternatives, with their names stripped. */
export const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'Authorization: Bearer TOKEN', [ADDED]: true },
  chatcaptainKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-chatcaptain-key',
    description: 'The key, bare, as the reference pages show it.',
    [ADDED]: true,
  },
} as const;

interface AddedHeader {
  description: string;
  /** Whether every answer of the status has it. */
  required: boolean;
}

interface AddedStatus {
  description: string;
  headers: Record<string, AddedHeader>;
}

const always = (description: string): AddedHeader => ({ description, required: true });
const sometimes = (description: string): AddedHeader => ({ description, required: false });

const ID = { 'x-stub-request-id': always('Names this answer in the log and in the journal.') };
const LINK = 'Where the journal says why: rel="describedby" (RFC 8288).';
const REFUSED = { ...ID, Link: always(LINK) };
const SECONDS = 'Seconds to wait before the next try.';

export type AddedStatuses = Record<string, AddedStatus>;

/** Answers that an operation may give although the vendor declares no such status for it. */
export const addedStatuses: AddedStatuses = {
  401: {
    description: 'Not authenticated: no credential, or one that is unknown, expired or revoked.',
    headers: { 'WWW-Authenticate': always('A Bearer challenge (RFC 6750).'), ...REFUSED },
  },
  404: { description: 'There is no such path. An empty path parameter makes none.', headers: REFUSED },
  405: {
    description: 'The path has no such method.',
    headers: { Allow: always('The methods that the path has.'), ...REFUSED },
  },
  408: {
    description: 'The request did not arrive in time.',
    headers: { ...ID, Link: sometimes(LINK) },
  },
  413: { description: 'The body is larger than STUB_BODY_LIMIT.', headers: REFUSED },
  431: {
    description: 'The request line and the headers are too large.',
    headers: { ...ID, Link: sometimes(LINK) },
  },
  500: { description: 'A failure of the stub itself.', headers: REFUSED },
  503: {
    description: 'Storage refused the write, and nothing was stored.',
    headers: { 'Retry-After': always(SECONDS), ...ID, Link: sometimes(LINK) },
  },
  default: {
    description: 'What the request asked for with Prefer: code=STATUS.',
    headers: {
      ...ID,
      Link: sometimes(LINK),
      'Preference-Applied': sometimes('What of the Prefer header was applied.'),
      'Retry-After': sometimes(SECONDS),
    },
  },
};

/**
 * Those of a stub that passes requests through to an upstream: its own, and what the upstream may answer, of which only the
 * first header is ours.
 */
export const passedThroughStatuses: AddedStatuses = {
  ...Object.fromEntries(
    Object.entries(addedStatuses).map(([status, { description, headers }]) => {
      const optional = Object.entries(headers).map(([name, header]) => [name, sometimes(header.description)]);
      return [status, { description, headers: { ...Object.fromEntries(optional), ...ID } }];
    }),
  ),
  502: {
    description: 'The upstream could not be reached, or its answer could not be passed on.',
    headers: { ...ID, Link: sometimes(LINK) },
  },
  504: {
    description: 'The upstream did not answer within STUB_UPSTREAM_TIMEOUT.',
    headers: { ...ID, Link: sometimes(LINK) },
  },
  508: { description: 'The upstream leads back to this stub.', headers: { ...ID, Link: sometimes(LINK) } },
};
