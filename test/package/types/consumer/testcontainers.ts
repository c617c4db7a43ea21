// What a test may do with `chatcaptain-stub/testcontainers`, as far as it goes without an engine: test/container/ has one.
import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import type { Stub } from 'chatcaptain-stub';
import { StartedStubContainer, StubContainer } from 'chatcaptain-stub/testcontainers';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';

async function main(): Promise<void> {
  const container: StubContainer = new StubContainer('chatcaptain-stub')
    .withToken('token')
    .withSeed(7)
    .withSeed('seven')
    .withFixtures('fixtures')
    .withEnvironment({ STUB_JOURNAL_ENTRIES: '100' })
    .withReuse();
  equal(container instanceof GenericContainer, true);
  throws(() => container.withFixtures('nowhere'), /nowhere/);
  await rejects(container.start(), /withAdminToken/);
  equal(container.withAdminToken('secret'), container);

  const port = 12345;
  const engine = { getHost: () => '127.0.0.1', getMappedPort: () => port } as unknown as StartedTestContainer;
  deepEqual(await use(new StartedStubContainer(engine)), ['http://127.0.0.1:12345', port]);
}

async function use(started: StartedStubContainer): Promise<[url: string, port: number]> {
  const url: string = started.getUrl();
  const handle: Stub = started.handle();
  equal(handle.url, url);
  await handle.close();
  return [url, started.getPort()];
}

/** What the types take and refuse. It is compiled and never called. */
export async function wrong(container: StubContainer): Promise<void> {
  await using started: StartedStubContainer = await container.start();
  const adminToken: string = started.getAdminToken();
  container.withSeed(adminToken);
  // @ts-expect-error the image is needed
  new StubContainer();
  // @ts-expect-error a path
  container.withFixtures({ chatbots: [] });
  // @ts-expect-error a text
  container.withToken(7);
  // @ts-expect-error it has to be started
  container.handle();
}

main().then(() => process.stdout.write('ok\n'));
