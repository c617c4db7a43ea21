import { connect } from 'node:net';
import t from 'tap';
import { waitFor } from '../support/journal.ts';
import { pathOf, sendRaw, startTestStub, VALID } from '../support/stub.ts';
import { answering, startRawUpstream, startUpstream } from '../upstream/servers.ts';
import { scrape } from './exposition.ts';

const total = (outcome: string): string => `chatcaptain_stub_upstream_requests_total{outcome="${outcome}"}`;

t.test('what goes out is counted by how it ended, and so is each drift', async (t) => {
  const upstream = await startUpstream(t, answering(201, { id: 1, conversationId: 2 }, 'application/json'));
  const stub = await startTestStub(t, { metrics: 'on', upstream: upstream.url });
  let { samples } = await scrape(stub);
  for (const outcome of ['answered', 'failed', 'timeout', 'left']) t.equal(samples.get(total(outcome)), 0, outcome);
  t.match(await sendRaw(stub.url, 'no HTTP\r\n\r\n'), / 400 /, 'which is counted elsewhere');
  await stub.create({ ...VALID, name: 5 });
  await stub.create(VALID, { headers: { prefer: 'code=503' } });
  await upstream.close();
  await stub.create(VALID);
  ({ samples } = await scrape(stub));
  t.equal(samples.get(total('answered')), 1);
  t.equal(samples.get(total('failed')), 1);
  t.equal(samples.get('chatcaptain_stub_upstream_request_duration_seconds_count'), 2, 'what was forced did not go out');
  t.equal(samples.get('chatcaptain_stub_upstream_drift_total{place="body",side="request"}'), 1);
  t.equal(samples.get('chatcaptain_stub_upstream_drift_total{place="body",side="response"}'), 2);
});

t.test('a time-out, and a client that does not wait, are told apart from a failure', async (t) => {
  const upstream = await startRawUpstream(t, () => {});
  const stub = await startTestStub(t, { metrics: 'on', upstream: upstream.url, upstreamTimeout: 1500 });
  const client = connect(Number(new URL(stub.url).port), '127.0.0.1');
  client.write(`POST ${pathOf('x')} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`);
  while (upstream.connections() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  client.destroy();
  await waitFor(stub, { chatbotId: 'x' });
  t.equal((await stub.create(VALID)).status, 504);
  const { samples } = await scrape(stub);
  t.equal(samples.get(total('left')), 1);
  t.equal(samples.get(total('timeout')), 1);
  t.equal(samples.get(total('failed')), 0);
});

t.test('the place of a drift is one of few words, and without an upstream there are no such metrics', async (t) => {
  for (const [answer, place] of [
    [answering(200, {}), 'status'],
    [answering(201, 'x', 'text/plain'), 'media_type'],
  ] as const) {
    const upstream = await startUpstream(t, answer);
    const stub = await startTestStub(t, { metrics: 'on', upstream: upstream.url, database: ':memory:' });
    await stub.create(VALID);
    const { samples } = await scrape(stub);
    t.equal(samples.get(`chatcaptain_stub_upstream_drift_total{place="${place}",side="response"}`), 1, place);
  }
  const plain = await startTestStub(t, { metrics: 'on', database: ':memory:' });
  await plain.create(VALID);
  t.notMatch([...(await scrape(plain)).samples.keys()].join(), /upstream/);
});
