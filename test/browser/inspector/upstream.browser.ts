// Requests that were passed through, in the inspector.
import { pathOf, startTestStub, VALID } from '../../support/stub.ts';
import { answering, startUpstream } from '../../upstream/servers.ts';
import { accessibilityProblems, browserTest } from '../support/browser.ts';

browserTest('drift is marked in the list, and the details show both sides', async (t, openPage) => {
  const upstream = await startUpstream(t, answering(200, { id: 'x' }));
  const stub = await startTestStub(t, { upstream: upstream.url });
  await stub.send({ method: 'GET', path: '/v1/other' });
  await stub.create(VALID);
  const { page } = await openPage(`${stub.url}/__admin/ui`);
  const row = page.getByRole('row', { name: /200 POST/ });
  await row.waitFor();
  t.match(
    await row.getByRole('cell').nth(4).textContent(),
    /^driftcontract failed: drift of the response: status is 200/,
  );
  t.equal(await page.locator('.request-body .tag.drift').count(), 1, 'the other one has no drift');

  await row.getByRole('link').click();
  const details = page.getByRole('region', { name: `POST ${pathOf('my-chatbot')}` });
  await details.waitFor();
  t.same(await details.locator('.trail-text > p:first-child').allTextContents(), [
    'fault none',
    'upstream passed',
    'contract failed',
  ]);
  t.match(await details.locator('.remedy').textContent(), /the contract has changed/);
  const side = details.getByRole('region', { name: 'Upstream' });
  t.match(await side.textContent(), `200 ${upstream.url}${pathOf('my-chatbot')}, after `);
  t.match(await side.getByRole('listitem').allTextContents(), [
    /^driftresponse: status is 200, declared are 201, 400, 403$/,
  ]);
  await side.getByText(/headers went out$/).click();
  t.match(await side.textContent(), /Bearer \[redacted\]/);
  t.match(await side.textContent(), /via1\.1 chatcaptain-stub-/);
  await side.getByText(/headers came back$/).click();
  t.match(await details.getByRole('region', { name: 'Body of the response' }).textContent(), /"id": "x"/);
  t.same(await accessibilityProblems(page), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  t.same(await accessibilityProblems(page), []);

  await page.goto(`${stub.url}/__admin/ui/requests`);
  await page
    .getByRole('row', { name: /200 GET/ })
    .getByRole('link')
    .click();
  await page.getByRole('region', { name: 'Upstream' }).waitFor();
  t.equal(await page.locator('.details .tag.drift').count(), 0);
});

browserTest(
  'an upstream that does not answer is told in the details, without an answer of its own',
  async (t, openPage) => {
    const stub = await startTestStub(t, { upstream: 'http://127.0.0.1:1' });
    const { headers } = await stub.create(VALID);
    const { page } = await openPage(`${stub.url}/__admin/ui/requests/${headers['x-stub-request-id']}`);
    const side = page.getByRole('region', { name: 'Upstream' });
    await side.waitFor();
    t.match(await side.textContent(), /no answer http:\/\/127\.0\.0\.1:1\/v1/);
    t.equal(await side.getByText(/came back/).count(), 0);
    t.match(await page.locator('.trail-step.failed').textContent(), /refused the connection/);
  },
);
