// The page where the control plane asks for a token.
import { admin, makeChatbot } from '../../support/admin.ts';
import { startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';

browserTest('it asks for the admin token, says when it is wrong, and keeps it in the tab only', async (t, openPage) => {
  const adminToken = 'the-admin-token-of-this-test';
  const stub = await startTestStub(t, { adminToken });
  const authorization = { authorization: `Bearer ${adminToken}` };
  t.match(await admin(stub, 'POST', '/chatbots', { id: 'shop' }, authorization), { status: 201 });
  await stub.create({ name: 'Ada', channelId: 'web' });

  const { page, takeComplaints } = await openPage(`${stub.url}${UI}/requests?status=2xx`);
  const urls: string[] = [];
  page.on('request', (request) => urls.push(request.url()));
  const dialog = page.getByRole('dialog', { name: 'The control plane asks for its token' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor();
  await dialog.getByLabel('Admin token').fill('a-wrong-one');
  await page.keyboard.press('Enter');
  await dialog.getByText('The server refused the token that was given.').waitFor();
  await dialog.getByLabel('Admin token').fill(adminToken);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  t.equal(await dialog.isVisible(), false);

  await stub.create({ name: 'Grace', channelId: 'web' });
  await page.getByText('2 requests', { exact: true }).waitFor();
  // It is remembered in this tab, and nowhere else.
  await page.reload();
  await page.getByText('2 requests', { exact: true }).waitFor();
  t.equal(await page.evaluate(() => Object.values(localStorage).join()), 'system');
  t.same(await page.context().cookies(), []);
  t.same(
    urls.filter((url) => url.includes(adminToken)),
    [],
  );
  const other = await page.context().newPage();
  await other.goto(stub.url + UI);
  await other.getByRole('dialog', { name: 'The control plane asks for its token' }).waitFor();
  t.ok(takeComplaints().every((complaint) => /401/.test(complaint)));
});

browserTest('an open control plane asks for nothing', async (t, openPage) => {
  const stub = await startTestStub(t);
  await makeChatbot(stub);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('No request yet').waitFor();
  t.equal(await page.getByRole('dialog').count(), 0);
});

browserTest('the token that was refused is tried again when it is given again', async (t, openPage) => {
  const adminToken = 'the-admin-token-of-this-test';
  const stub = await startTestStub(t, { adminToken });
  await stub.create({ name: 'Ada', channelId: 'web' });
  const { page, takeComplaints } = await openPage(stub.url + UI);
  const dialog = page.getByRole('dialog', { name: 'The control plane asks for its token' });
  // As a server that was started anew with another token, and then with the same again.
  const asked = /\/__admin\/(?:requests|chatbots)/;
  await page.route(asked, (route) => route.fulfill({ status: 401, json: { detail: 'Another one.' } }));
  await dialog.getByLabel('Admin token').fill(adminToken);
  await page.keyboard.press('Enter');
  await dialog.getByText('The server refused the token that was given.').waitFor();
  await page.unroute(asked);
  await dialog.getByLabel('Admin token').fill(adminToken);
  await page.keyboard.press('Enter');
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  t.equal(await dialog.isVisible(), false);
  t.ok(takeComplaints().every((complaint) => /401/.test(complaint)));
});
