/**
 * Gives a plugin its name. Fastify would look for one among all CommonJS modules that the process has loaded, twice for
 * each plugin and at every start: among the two thousand of a usual test suite that is half of what a start takes.
 */
export function named<Plugin extends { name: string }>(plugin: Plugin): Plugin {
  return Object.assign(plugin, { [Symbol.for('fastify.display-name')]: plugin.name });
}
