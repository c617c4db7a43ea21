// What an HTTP archive looks like, for the OpenAPI document. The format: HAR 1.2.
import { Type } from '@sinclair/typebox';

const Headers = Type.Array(Type.Object({ name: Type.String(), value: Type.String() }));

const common = {
  httpVersion: Type.String(),
  cookies: Type.Array(Type.Unknown(), { description: 'None is read.' }),
  headers: Headers,
  headersSize: Type.Integer({ description: '-1: not known.' }),
  bodySize: Type.Integer(),
};

const HarEntry = Type.Object({
  startedDateTime: Type.String({ format: 'date-time' }),
  time: Type.Number({ description: 'Milliseconds.' }),
  request: Type.Object({
    method: Type.String(),
    url: Type.String(),
    queryString: Headers,
    postData: Type.Optional(
      Type.Object({
        mimeType: Type.String(),
        text: Type.String(),
        _encoding: Type.Optional(Type.Literal('base64', { description: 'The body is not UTF-8.' })),
      }),
    ),
    ...common,
  }),
  response: Type.Object({
    status: Type.Integer({ description: '0: no answer went out.' }),
    statusText: Type.String(),
    content: Type.Object({
      size: Type.Integer(),
      mimeType: Type.String(),
      text: Type.Optional(Type.String()),
      encoding: Type.Optional(Type.Literal('base64')),
    }),
    redirectURL: Type.String(),
    ...common,
  }),
  cache: Type.Object({}),
  timings: Type.Object({ send: Type.Number(), wait: Type.Number(), receive: Type.Number() }),
  _id: Type.String({ description: 'The id of the request.' }),
  _chatbotId: Type.Union([Type.String(), Type.Null()]),
  _decisions: Type.Array(Type.Unknown(), { description: 'Why it was answered so.' }),
  _upstream: Type.Optional(Type.Unknown({ description: 'Where it was passed through, and how that went.' })),
});

/** The journal as an HTTP archive. */
export const Har = Type.Object(
  {
    log: Type.Object({
      version: Type.Literal('1.2'),
      creator: Type.Object({ name: Type.String(), version: Type.String() }),
      comment: Type.Optional(Type.String()),
      entries: Type.Array(HarEntry),
    }),
  },
  {
    description: 'An HTTP archive (HAR 1.2). What begins with _ is beyond the format, as it allows.',
    examples: [{ log: { version: '1.2', creator: { name: 'chatcaptain-stub', version: '0.1.0' }, entries: [] } }],
  },
);
