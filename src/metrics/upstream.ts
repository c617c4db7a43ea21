import { Counter, Histogram, type Registry } from 'prom-client';
import type { Recorder } from '../control/requests/record.ts';
import type { ExchangeOutcome } from '../upstream/exchange.ts';

const OUTCOMES: ExchangeOutcome[] = ['answered', 'failed', 'timeout', 'left'];

/** From a server in the same machine to what `STUB_UPSTREAM_TIMEOUT` allows by default. In seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what was passed through to the upstream. */
export function measureUpstream(registry: Registry, recorder: Pick<Recorder, 'observe'>): void {
  const registers = [registry];
  const requests = new Counter({
    name: 'chatcaptain_stub_upstream_requests_total',
    help: 'Requests that went out to the upstream, by outcome: answered; failed (502); timeout (504); left, where the client did not wait for the end.',
    labelNames: ['outcome'],
    registers,
  });
  // A rate needs a first value before the first failure.
  for (const outcome of OUTCOMES) requests.inc({ outcome }, 0);
  const durations = new Histogram({
    name: 'chatcaptain_stub_upstream_request_duration_seconds',
    help: 'Time until the end of the answer of the upstream, or until it was given up.',
    buckets: DURATIONS,
    registers,
  });
  const drift = new Counter({
    name: 'chatcaptain_stub_upstream_drift_total',
    help: 'Places in which what passed through was otherwise than the contract says. The journal names each: GET /__admin/requests?drift=true.',
    labelNames: ['side', 'place'],
    registers,
  });

  recorder.observe(({ request }) => {
    const { exchange } = request ?? {};
    if (!exchange) return;
    requests.inc({ outcome: exchange.outcome });
    durations.observe(exchange.durationMs / 1000);
    for (const { side, place } of exchange.drift) drift.inc({ side, place: kindOf(place) });
  });
}

/** One of few words, whatever a server sends. */
function kindOf(place: string): string {
  return place === 'media type' ? 'media_type' : (place.split(/[ /]/, 1)[0] as string);
}
