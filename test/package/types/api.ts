// Both doors as one, for the page that shows them.
export * from '../../../dist/types/index.js';
export * from '../../../dist/types/testcontainers.js';
