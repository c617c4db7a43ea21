import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { MIMEType } from 'node:util';
import secureJson from 'secure-json-parse';

/** A body that cannot be read; the message says what to send instead. */
export class UnreadableBodyError extends Error {
  override name = 'UnreadableBodyError';
  /** Whether it is announced as something else than JSON in UTF-8. */
  readonly isForeignType: boolean;

  constructor(message: string, isForeignType = false) {
    super(message);
    this.isForeignType = isForeignType;
  }
}

const SEND_JSON = 'Send Content-Type: application/json with a body in UTF-8.';
export const UNREADABLE_TYPE = 'The Content-Type cannot be read. Send Content-Type: application/json.';

/**
 * Reads a body as JSON in UTF-8, exactly or not at all. An empty one is `undefined`.
 *
 * @throws UnreadableBodyError
 */
export function readJson(headers: IncomingHttpHeaders, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const encoding = headers['content-encoding'];
  if (encoding && encoding.toLowerCase() !== 'identity') {
    throw new UnreadableBodyError(
      `Content-Encoding ${encoding} is not accepted. Send the body as it is, without one.`,
      true,
    );
  }
  checkMediaType(headers['content-type']);
  if (!isUtf8(bytes)) throw new UnreadableBodyError(`The body is not valid UTF-8. ${SEND_JSON}`);
  const text = bytes.toString('utf8');
  try {
    // Only __proto__ is dangerous to hold; a property named constructor is an extra one like any other.
    return secureJson.parse(text, { protoAction: 'error', constructorAction: 'ignore' });
  } catch (error) {
    if (/forbidden prototype/.test((error as Error).message)) {
      throw new UnreadableBodyError('The body has a property named __proto__. Send it without.');
    }
    throw new UnreadableBodyError(`The body is not valid JSON: ${(error as Error).message}`);
  }
}

/** @throws UnreadableBodyError for what is announced as anything but JSON in UTF-8 */
export function checkMediaType(header: string | undefined): void {
  // What nearly all say.
  if (header === 'application/json') return;
  if (header === undefined) {
    throw new UnreadableBodyError(`The request has a body and no Content-Type. ${SEND_JSON}`, true);
  }
  const { essence, params } = mediaTypeFrom(header);
  if (essence !== 'application/json') {
    throw new UnreadableBodyError(`Content-Type ${essence} is not accepted. ${SEND_JSON}`, true);
  }
  const charset = params.get('charset');
  if (charset !== null && !/^utf-?8$/i.test(charset)) {
    throw new UnreadableBodyError(`The charset ${charset} is not accepted. ${SEND_JSON}`, true);
  }
}

function mediaTypeFrom(header: string): MIMEType {
  try {
    return new MIMEType(header);
  } catch {
    throw new UnreadableBodyError(UNREADABLE_TYPE, true);
  }
}
