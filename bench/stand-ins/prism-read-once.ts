// Prism for a suite that knows what is dear: the document is read before the first start, and kept for all of them.
import { readDocument, serve } from './prism.ts';
import type { Started } from './stand-in.ts';

const operations = await readDocument();

export function start(): Promise<Started> {
  return serve(operations);
}
