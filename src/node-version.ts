// Loaded before anything that needs a newer Node.

const OLDEST = [22, 18] as const;

/** What to say on a Node that is too old: on one, the native module would end the process without a word. */
export function problemWithNode(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `chatcaptain-stub needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}.`;
}
