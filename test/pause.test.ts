import Fastify from 'fastify';
import t from 'tap';
import pause from '../src/pause.ts';

t.test('whoever pauses goes on when the server closes, and nobody pauses after that', async (t) => {
  const app = Fastify();
  await app.register(pause);
  const since = performance.now();
  const pauses = [app.pause(60_000), app.pause(60_000)];
  await app.close();
  await Promise.all([...pauses, app.pause(60_000)]);
  t.ok(performance.now() - since < 30_000);
  t.ok(app.closing.aborted);
});
