import t from 'tap';
import { isDataPlane } from '../src/planes.ts';

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
    ]) {
      t.equal(isDataPlane(own), false, own);
    }
    const data = ['/v1/inbox/a/conversations', '/v1', '/inbox/a', '/__adminx', '/docsx', '/livez/x', '', '*', '/%ZZ'];
    for (const target of data) t.equal(isDataPlane(target), true, target);
  },
);
