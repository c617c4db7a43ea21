/**
 * Headers that are about one connection (RFC 9110, section 7.6.1), or about how a body is brought over it: whoever sends
 * a message on writes their own.
 */
export const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
