// Numbers that are read when somebody asks for them, rather than kept.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServerContext } from '../context.ts';

export type Scraped = ReturnType<typeof createScraped>;

/**
 * Builds what registers such numbers. One that cannot be read, or is none, is left out of that answer: a database that does
 * not answer is when the others are needed most.
 */
export function createScraped(registry: Registry, logger: ServerContext['logger']) {
  function readingOf(name: string, read: () => number): number | undefined {
    try {
      const value = read();
      return Number.isNaN(value) ? undefined : value;
    } catch (err) {
      // At every scrape anew, and some cannot be read on every system: no line for people.
      logger.debug({ err, metric: name }, 'could not be read for /metrics');
      return undefined;
    }
  }

  return {
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.remove();
          const value = readingOf(name, read);
          if (value !== undefined) this.set(value);
        },
      });
    },
    /** @param read what it has come to, which never goes back */
    counter(name: string, help: string, read: () => number): void {
      new Counter({
        name,
        help,
        registers: [registry],
        collect() {
          this.remove();
          const value = readingOf(name, read);
          if (value !== undefined) this.inc(value);
        },
      });
    },
  };
}
