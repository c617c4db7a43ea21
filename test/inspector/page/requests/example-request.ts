import type { RequestView } from '../../../../src/control/requests/view.ts';

/** A request that was refused for its permission. */
export function exampleRequest(): RequestView {
  return {
    id: '0QFbvCzG8pTq2xWm4KsY',
    time: '2026-05-04T10:20:30.000Z',
    method: 'POST',
    path: '/v1/inbox/shop/conversations',
    chatbotId: 'shop',
    status: 403,
    durationMs: 1.2,
    request: {
      headers: { 'content-type': 'application/json', authorization: 'Bearer [redacted]' },
      body: { name: 'John Doe', channelId: 'web' },
    },
    response: { headers: { 'content-type': 'application/json; charset=utf-8' }, body: { statusCode: 403 } },
    decisions: [
      { step: 'parsed', outcome: 'passed', detail: 'JSON' },
      { step: 'credential', outcome: 'passed', detail: 'token "ci"' },
      { step: 'permission', outcome: 'refused', detail: 'token "ci" holds nothing; x on chatbots/shop is needed' },
    ],
  };
}
