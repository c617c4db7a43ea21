// What comes in over the wire is text on the page, whatever it says.
import { admin, makeChatbot } from '../../support/admin.ts';
import { send, sendRaw, startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';

/** Each would call `hit()` if it became markup, or ran. */
const ATTACKS = [
  '<img src=x onerror=hit()>',
  '<script>hit()</script>',
  '"><svg onload=hit()>',
  "'-hit()-'",
  'javascript:hit()',
  `{{hit()}}${'{'}hit()}<%=hit()%>`,
  '<a href="javascript:hit()">x</a><style>*{display:none}</style>',
  '\u202e\u0000</pre><iframe srcdoc="<script>parent.hit()</script>">',
];

browserTest('script and markup in every field that a caller controls stay text, in every view', async (t, openPage) => {
  const stub = await startTestStub(t);
  const chatbotIds: string[] = [];
  for (const attack of ATTACKS) {
    const text = attack.replaceAll('\u0000', '');
    const id = text.replaceAll('/', '∕');
    const { token, chatbotId } = await makeChatbot(stub, { id, name: text.replace('\u202e', ''), channels: [text] });
    chatbotIds.push(chatbotId);
    const path = `/v1/inbox/${encodeURIComponent(id)}/conversations`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const header = Buffer.from(text, 'utf8').toString('latin1');
    const body = { name: text, channelId: text, phone: text, email: 'a@example.com' };
    await send(stub.url, {
      path: `${path}?q=${encodeURIComponent(text)}`,
      headers: { ...headers, 'x-attack': header },
      body: JSON.stringify(body),
    });
    // Refusals, whose texts repeat what came in.
    await send(stub.url, { path, headers, body: JSON.stringify({ ...body, email: text }) });
    await send(stub.url, { path, headers, body: text });
    await send(stub.url, { path, headers: { ...headers, 'content-type': header }, body: text });
    await send(stub.url, { path, headers: { ...headers, authorization: `Bearer ${header}` }, body: '{}' });
    await send(stub.url, {
      path,
      headers: { ...headers, prefer: `error="${header.replaceAll('"', '')}", code=x${header}` },
      body: JSON.stringify(body),
    });
    await send(stub.url, { path: `/${encodeURIComponent(text)}`, headers });
    await sendRaw(stub.url, `POST /<script>hit()</script> HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    await sendRaw(stub.url, `<script>hit()</script>\r\n\r\n`);
    const match = { chatbotId: id, name: text };
    await admin(stub, 'POST', '/faults', { match, effect: { error: text }, times: 1 });
    await send(stub.url, { path, headers, body: JSON.stringify(body) });
    await admin(stub, 'POST', '/faults', { match, effect: { status: 418, body: text, headers: { 'x-fault': 'a' } } });
    await admin(stub, 'POST', '/tokens', { name: text, grants: [{ permission: '*', resource: `chatbots/${id}` }] });
    await admin(stub, 'PUT', `/snapshots/${encodeURIComponent(text)}?chatbotId=${encodeURIComponent(id)}`);
  }
  const { json } = await admin(stub, 'GET', '/requests?limit=1000');
  t.ok(json.requests.length >= ATTACKS.length * 9, `${json.requests.length} requests`);

  const { page, takeComplaints } = await openPage(stub.url + UI);
  const hits: string[] = [];
  await page.exposeFunction('hit', () => hits.push(page.url()));
  page.on('dialog', (dialog) => {
    hits.push('a dialog');
    void dialog.dismiss();
  });
  /** Elements that nothing of the page's own would make. */
  const foreign = () =>
    page.locator('script:not([src]), iframe, img, style, svg[onload], [onerror], a[href^="javascript:"]').count();
  const look = async (path: string, sign: string): Promise<void> => {
    await page.goto(stub.url + UI + path);
    await page.getByText(sign).first().waitFor();
    t.same([path, await foreign(), hits], [path, 0, []]);
  };

  await look('/requests', 'stored as');
  // One after the other as a click does it, without loading the page anew.
  for (const { id } of json.requests) {
    await page.evaluate((address) => history.pushState(null, '', address), `${UI}/requests/${id}`);
    await page.locator('.details .facts dd.mono', { hasText: id }).waitFor();
    t.same([id, await foreign(), hits], [id, 0, []]);
  }
  for (const attack of ATTACKS) {
    await look(
      `/requests?text=${encodeURIComponent(attack)}&chatbotId=${encodeURIComponent(attack)}&status=${encodeURIComponent(attack)}`,
      'Status',
    );
  }
  // It is no status.
  for (const complaint of takeComplaints()) t.match(complaint, /400/);
  await look('/chatbots', 'onerror');
  await look('/faults', 'onerror');
  await look('/state', 'onerror');
  await look('/conversations', 'onerror');
  for (const chatbotId of chatbotIds) {
    const { json: list } = await admin(stub, 'GET', `/conversations?chatbotId=${encodeURIComponent(chatbotId)}`);
    for (const { id } of list.conversations) {
      await look(`/conversations/${id}?chatbotId=${encodeURIComponent(chatbotId)}`, 'The request that made it');
    }
  }
  await look(
    '/%3Cscript%3Ehit()%3C%2Fscript%3E?<script>hit()</script>#<img src=x onerror=hit()>',
    'There is no such view',
  );
});
