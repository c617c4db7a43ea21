import t from 'tap';
import { failureFrom } from '../../src/upstream/failure.ts';

const says = (code: string, phase: Parameters<typeof failureFrom>[1]): string =>
  failureFrom(Object.assign(new Error('secret'), { code }), phase, 'https://up').message;

t.test('a certificate that is not trusted says how it could be, and that nothing was sent', async (t) => {
  for (const code of ['CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID']) {
    t.match(
      says(code, 'connecting'),
      new RegExp(`not trusted here \\(${code}\\)\\. Nothing was sent\\. NODE_EXTRA_CA_CERTS`),
    );
  }
});

t.test('what Node says is told by its code, and by its words only where there is none', async (t) => {
  t.equal(
    says('EHOSTUNREACH', 'connecting'),
    'The upstream https://up cannot be reached from here (EHOSTUNREACH). Nothing was sent. Is it running, and is STUB_UPSTREAM right?',
  );
  t.match(says('EWHAT', 'connecting'), / could not be connected to \(EWHAT\)/);
  t.notMatch(says('EWHAT', 'waiting'), 'secret');
  t.match(
    failureFrom(new Error('socket hang up'), 'waiting', 'http://up').message,
    / \(socket hang up\)\. The request may/,
  );
});
