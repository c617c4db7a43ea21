// GET /__admin/settings
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { describeSettings, SECRET } from '../config.ts';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { packageVersion } from '../package-root.ts';

const settingsRoutes: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context }) => {
  app.get(
    '/settings',
    {
      schema: {
        operationId: 'getSettings',
        summary: 'Shows the settings',
        description: 'As they took effect at the start. A secret is shown as [redacted] where it is set.',
        tags: ['Settings'],
        response: {
          200: Type.Object(
            { version: Type.String(), settings: Type.Record(Type.String(), Type.Unknown()) },
            {
              description: 'The version of the stub, and each setting by name.',
              examples: [{ version: '0.1.0', settings: { host: '127.0.0.1', port: 4650, token: null } }],
            },
          ),
        },
      },
    },
    async () => {
      const settings = describeSettings().map(({ name }) => {
        const value = context.settings[name];
        if (value === undefined) return [name, null];
        return [name, SECRET.has(name) ? '[redacted]' : value];
      });
      return { version: packageVersion(), settings: Object.fromEntries(settings) };
    },
  );
};
export default named(settingsRoutes);
