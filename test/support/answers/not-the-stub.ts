// Servers of tests that are no stub: what they answer is not held to our documents.

// In the global scope, since a module that is loaded twice, by --import and by a test, must know them all the same.
const everywhere = globalThis as unknown as { serversThatAreNoStub?: WeakMap<object, string> };
everywhere.serversThatAreNoStub ??= new WeakMap();
const known = everywhere.serversThatAreNoStub;

/** Says that a server stands for something else, and what that is. Returns the server. */
export function notTheStub<S extends object>(server: S, what: string): S {
  known.set(server, what);
  return server;
}

export const isTheStub = (server: object): boolean => !known.has(server);
