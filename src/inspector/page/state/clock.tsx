import type { Static } from '@sinclair/typebox';
import { useQuery } from '@tanstack/preact-query';
import { useEffect, useState } from 'preact/hooks';
import type { ClockView } from '../../../control/clock.ts';
import { ask } from '../api.ts';
import { Failure } from '../parts/failure.tsx';
import { Time } from '../parts/time.tsx';
import { useAct } from '../parts/use-act.ts';
import { ClockControls } from './clock-controls.tsx';
import { Whose } from './whose.tsx';
import { offsetInWords } from './words.ts';

export type ClockState = Static<typeof ClockView>;

export interface ClockChange {
  reset?: boolean;
  set?: string;
  advanceMs?: number;
  freeze?: boolean;
}

/** How often it is asked for, in milliseconds: somebody else may have set it. */
const REFRESH = 5000;

/** The clock, ticking, and what can be done to it. */
export function Clock({ chatbotId }: { chatbotId: string | undefined }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['clock', chatbotId],
    refetchInterval: REFRESH,
    queryFn: async ({ signal }) => {
      const clock = await ask<ClockState>('GET', '/clock', { query: { chatbotId }, signal });
      return { clock, readAt: performance.now() };
    },
  });
  const adjust = useAct<ClockChange, ClockState>({
    act: (body) => ask('PUT', '/clock', { query: { chatbotId }, body }),
    changes: ['clock', 'tokens'],
    said: ({ now, frozen }) => `The clock ${frozen ? 'stands at' : 'runs from'} ${now}`,
  });
  return (
    <section class="card" aria-labelledby="clock">
      <div class="card-head">
        <h2 id="clock">
          Clock <Whose chatbotId={chatbotId} otherwise="" />
        </h2>
        {data && (
          <span class={data.clock.frozen ? 'tag tag-warn' : 'tag tag-good'}>
            {data.clock.frozen ? 'frozen' : 'running'}
          </span>
        )}
      </div>
      <div class="card-body">
        {error && <Failure error={error} onRetry={() => void refetch()} />}
        {data && (
          <>
            <Face clock={data.clock} readAt={data.readAt} />
            <ClockControls
              isFrozen={data.clock.frozen}
              isBusy={adjust.isPending}
              onChange={(change) => adjust.mutate(change)}
            />
          </>
        )}
        {!data && !error && <p class="dim">Loading the clock…</p>}
        {adjust.error && <Failure error={adjust.error} />}
      </div>
    </section>
  );
}

/** The time that it is there now, between two readings. */
function Face({ clock: { now, frozen, offsetMs }, readAt }: { clock: ClockState; readAt: number }) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (frozen) return;
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [frozen]);
  const shown = frozen ? now : new Date(Date.parse(now) + performance.now() - readAt).toISOString();
  return (
    <div class="clock">
      <p class="clock-face">
        <Time at={shown} isFull />
      </p>
      <p class="dim">
        {shown.slice(0, 19).replace('T', ' ')} UTC, {offsetInWords(offsetMs)}
      </p>
    </div>
  );
}
