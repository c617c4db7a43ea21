/** Where the documents of the sources as they are now stand during a run of the tests, by their path. */
export const PLACES = {
  '/openapi.json': new URL('../../../.tap/documents/openapi.json', import.meta.url),
  '/__admin/openapi.json': new URL('../../../.tap/documents/control.json', import.meta.url),
};
