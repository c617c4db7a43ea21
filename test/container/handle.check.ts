// The suite of the handle over a stub in a container: node test/container/handle.check.ts, after test/container/check.sh
import t from 'tap';
import { StubContainer } from '../../src/testcontainers.ts';
import { handleContract } from '../support/handle-contract.ts';

// It takes away what a killed process leaves behind, by an image that cannot be had everywhere.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

const container = await new StubContainer('chatcaptain-stub:check').start();
t.teardown(() => container.stop());
await handleContract(t, container.handle());
