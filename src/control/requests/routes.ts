import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ControlOptions } from '../plugin.ts';

const requests: FastifyPluginAsyncTypebox<ControlOptions> = async (_app, { context: _context }) => {};
export default requests;
