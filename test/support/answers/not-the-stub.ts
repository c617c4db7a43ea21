// What tests say of their servers: that one is no stub, or that a target is answered in another server's words. Such answers
// are held to no document of ours.

// In the global scope, since a module that is loaded twice, by --import and by a test, must know them all the same.
const everywhere = globalThis as unknown as { noStubs?: WeakSet<object>; asRecorded?: Set<string> };
everywhere.noStubs ??= new WeakSet();
everywhere.asRecorded ??= new Set();
const { noStubs, asRecorded } = everywhere;

/** @param _what says what it stands for instead. Returns the server. */
export function notTheStub<S extends object>(server: S, _what: string): S {
  noStubs.add(server);
  return server;
}

export const isTheStub = (server: object): boolean => !noStubs.has(server);

/**
 * Says that all stubs of this process answer this target in a recorded shape. For a URL that cannot be read: no hook of a
 * server's could see that it was. Returns the target.
 */
export function answeredAsRecorded(target: string): string {
  asRecorded.add(target);
  return target;
}

export const isAnsweredAsRecorded = (target: string): boolean => asRecorded.has(target);
