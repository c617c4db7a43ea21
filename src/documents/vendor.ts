import { readFileSync } from 'node:fs';
import type { OpenAPIV3 } from 'openapi-types';
import { packageRoot } from '../package-root.ts';

/** The vendor's published OpenAPI fragment as text, with nothing changed. */
export function vendorText(): string {
  return readFileSync(new URL('contract/inbox-conversations.openapi.json', packageRoot), 'utf8');
}

/** The vendor's published OpenAPI fragment. */
export function vendorDocument(): OpenAPIV3.Document {
  return JSON.parse(vendorText()) as OpenAPIV3.Document;
}
