// What our OpenAPI document says beyond the vendor's. Each addition is marked in the document with `x-stub-added: true`.
import { type TSchema, Type } from '@sinclair/typebox';

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

interface AddedStatus {
  description: string;
  headers?: Record<string, TSchema>;
}

/** Answers that an operation may give although the vendor declares no such status for it. */
export const addedStatuses: Record<string, AddedStatus> = {
  401: {
    description: 'Not authenticated: no credential, or one that is unknown, expired or revoked.',
    headers: { 'WWW-Authenticate': Type.String({ description: 'A Bearer challenge (RFC 6750).' }) },
  },
  404: { description: 'There is no such path. An empty path parameter makes none.' },
  405: {
    description: 'The path has no such method.',
    headers: { Allow: Type.String({ description: 'The methods that the path has.' }) },
  },
  413: { description: 'The body is larger than STUB_BODY_LIMIT.' },
  500: { description: 'A failure of the stub itself.' },
  503: {
    description: 'Storage refused the write, and nothing was stored.',
    headers: { 'Retry-After': Type.String({ description: 'Seconds to wait before the next try.' }) },
  },
  default: { description: 'What the request asked for with Prefer: code=STATUS.' },
};

/** Those of a stub that passes requests through to an upstream, besides what that answers. */
export const upstreamStatuses: Record<string, AddedStatus> = {
  502: { description: 'The upstream could not be reached, or its answer could not be passed on.' },
  504: { description: 'The upstream did not answer within STUB_UPSTREAM_TIMEOUT.' },
  508: { description: 'The upstream leads back to this stub.' },
};
