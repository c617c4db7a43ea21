export { type Stub, type StubOptions, startStub } from './start.ts';
