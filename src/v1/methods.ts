import type { FastifyRequest, HTTPMethods } from 'fastify';

/** The methods of the operations at the path of a request, which gets the parameters that these would have. */
export function methodsAt(request: FastifyRequest): string[] {
  const { server, raw } = request;
  return server.supportedMethods.filter((method) => {
    const operation = server.findRoute({ method: method as HTTPMethods, url: raw.url as string });
    if (operation) request.params = operation.params;
    return operation !== null;
  });
}

/** What `Allow` says of a path with these methods. */
export function allowOf(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ');
}
