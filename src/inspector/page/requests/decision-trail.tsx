// The way of a request, step by step, with what would fix the step at which it ended.
import { Link } from 'wouter-preact';
import { remedyFor } from './remedy.ts';
import type { RequestView } from './row.ts';
import { type TrailStep, trailOf } from './trail.ts';

const MARKS: Record<TrailStep['outcome'], string> = {
  passed: '✓',
  refused: '✕',
  failed: '✕',
  applied: '!',
  ignored: '·',
  waiting: '',
  absent: '·',
};

const WORDS: Record<TrailStep['outcome'], string> = {
  passed: 'passed',
  refused: 'refused',
  failed: 'failed',
  applied: 'applied',
  ignored: 'ignored',
  waiting: 'not reached',
  absent: 'none',
};

export function DecisionTrail({ request }: { request: RequestView }) {
  const remedy = remedyFor(request);
  return (
    <section aria-labelledby="trail">
      <h3 id="trail">Why</h3>
      <ol class="trail">
        {trailOf(request.decisions).map(({ step, outcome, details, violations }) => (
          <li key={step} class={`trail-step ${outcome}`}>
            <span class="trail-mark" aria-hidden="true">
              {MARKS[outcome]}
            </span>
            <div class="trail-text">
              <p>
                <b>{step}</b> <span class="trail-outcome">{WORDS[outcome]}</span>
              </p>
              {/* The violations say the same, place by place. */}
              {(violations.length > 0 ? [] : details).map((detail) => (
                <p key={detail} class="trail-detail">
                  {detail}
                </p>
              ))}
              {violations.length > 0 && (
                <ul class="violations">
                  {violations.map(({ pointer, rule, expected, got }) => (
                    <li key={`${pointer} ${rule}`}>
                      <code>{pointer === '' ? 'the body' : pointer}</code> must be {expected}
                      {got === undefined ? (
                        '; nothing was there'
                      ) : (
                        <>
                          ; there was <code>{got}</code>
                        </>
                      )}
                    </li>
                  ))}
                </ul>
              )}
              {remedy?.step === step && (
                <div class="remedy">
                  <p>{remedy.text}</p>
                  {remedy.action && (
                    <Link class="button" href={remedy.action.href}>
                      {remedy.action.label}
                    </Link>
                  )}
                </div>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
