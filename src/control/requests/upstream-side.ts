// What an entry has of the other side, where a request was passed through to an upstream.
import { type Static, Type } from '@sinclair/typebox';
import { redactHeaders, redactText, redactUrl } from '../../redaction.ts';
import type { Drift, Exchange, HeadersByName } from '../../upstream/exchange.ts';
import type { Message } from './entry.ts';

/** The bodies are those of the entry: they are passed on as they are. */
export interface UpstreamSide {
  /** Where the request went. */
  url: string;
  /** Absent when no whole answer came. */
  status?: number;
  durationMs: number;
  request: Pick<Message, 'headers'>;
  /** Absent when no answer began. */
  response?: Pick<Message, 'headers'>;
  drift: readonly Drift[];
}

/** What may be kept of an exchange. */
export function upstreamSideOf(exchange: Exchange, credentials: readonly string[]): UpstreamSide {
  const { url, status, durationMs, requestHeaders, responseHeaders, drift } = exchange;
  const kept = (headers: HeadersByName) => ({ headers: redactHeaders(headers, credentials) });
  return {
    url: redactUrl(redactText(url, credentials)),
    ...(status !== undefined && { status }),
    durationMs,
    request: kept(requestHeaders),
    ...(responseHeaders && { response: kept(responseHeaders) }),
    drift: drift.map(({ side, place, detail }) => {
      return { side, place: redactText(place, credentials), detail: redactText(detail, credentials) };
    }),
  };
}

const HeadersOnly = Type.Object({
  headers: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
});

export const UpstreamView = Type.Object(
  {
    url: Type.String({ description: 'Where the request went.' }),
    status: Type.Union([Type.Integer(), Type.Null()], { description: 'null: no whole answer came.' }),
    durationMs: Type.Number({ description: 'Until the end of the answer, or until it was given up.' }),
    request: HeadersOnly,
    response: Type.Optional(HeadersOnly),
    drift: Type.Array(
      Type.Object({
        side: Type.Union([Type.Literal('request'), Type.Literal('response')]),
        place: Type.String({ description: 'status, media type, header NAME, or body with a JSON Pointer behind it.' }),
        detail: Type.String({ description: 'What is otherwise than the contract says.' }),
      }),
      {
        description: "Where the two are otherwise than the vendor's document says. Empty: nowhere, or it does not say.",
      },
    ),
  },
  {
    description:
      'With STUB_UPSTREAM: what went out to the upstream, and what came back. The bodies are those of the request and the response beside it.',
  },
);

export function upstreamViewOf(side: UpstreamSide): Static<typeof UpstreamView> {
  const { url, status, durationMs, request, response, drift } = side;
  return { url, status: status ?? null, durationMs, request, ...(response && { response }), drift: [...drift] };
}
