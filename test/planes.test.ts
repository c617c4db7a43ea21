import t from 'tap';
import { chatbotIn, isDataPlane, originForm } from '../src/planes.ts';

t.test(
  "the vendor's API and mistakes on the way to it are the data plane; what is the stub's own is not",
  async (t) => {
    for (const own of [
      '/',
      '/?x',
      '/__admin',
      '/__admin/',
      '/__admin/requests?x=1',
      '/docs',
      '/docs/x',
      '/livez',
      '/readyz?x',
      '/livez/',
      '/livez#x',
      '/%5f%5fadmin/tokens',
      '/__admi%6E',
      '/__admin/%ZZ',
      'HTTP://user:secret@localhost/%5F_admin/tokens?x=1',
      'http://localhost',
      'http://localhost?x=/v1',
    ]) {
      t.equal(isDataPlane(own), false, own);
    }
    const vendor = ['/v1/inbox/a/conversations', '/v1', '/%761/inbox', 'http://localhost/v1', '/inbox/a'];
    const mistakes = ['/__adminx', '/docsx', '/livez/x', '', '*', '/%ZZ', '/%ZZ/__admin', '//__admin', '/x/../__admin'];
    // The router takes an encoded delimiter for a part of the name.
    const encoded = ['/__admin%2Ftokens', '/livez%2F', '/__admin%3Fx', '/%255f_admin', 'ftp://localhost/__admin'];
    const data = [...vendor, ...mistakes, ...encoded];
    for (const target of data) t.equal(isDataPlane(target), true, target);
  },
);

t.test('the chatbot stands behind the area, however its path is spelled', async (t) => {
  const rows: [target: string, chatbotId: string | undefined][] = [
    ['/v1/inbox/a/conversations', 'a'],
    ['/v1/inbox/a', 'a'],
    ['/v1/inbox/a/', 'a'],
    ['/v1/inbox/a?x#y', 'a'],
    ['/%761/%69nbox/%61%2Fb/conversations', 'a/b'],
    ['http://user:secret@localhost/v1/inbox/a/conversations', 'a'],
    ['/v1/inbox/%ZZ/conversations', undefined],
    ['/v1/%ZZ/a/conversations', 'a'],
    ['/v1/inbox//conversations', undefined],
    ['/v1//a/conversations', undefined],
    ['/v1/inbox', undefined],
    ['/v2/inbox/a', undefined],
    ['x/v1/inbox/a', undefined],
  ];
  for (const [target, chatbotId] of rows) t.equal(chatbotIn(target), chatbotId, target);
});

t.test('the origin form of a target holds no authority', async (t) => {
  const rows: [target: string, origin: string][] = [
    ['/v1/x?y', '/v1/x?y'],
    ['http://user:secret@localhost:80/v1/x?y', '/v1/x?y'],
    ['HTTPS://user:secret@localhost', '/'],
    ['http://user:secret@localhost?x=1', '/?x=1'],
    ['*', '*'],
    ['//v1', '//v1'],
  ];
  for (const [target, origin] of rows) t.equal(originForm(target), origin, target);
});
