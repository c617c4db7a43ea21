import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/preact-query';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { announce } from './announcements.tsx';

export interface Act<Input, Answer> {
  act: (input: Input) => Promise<Answer>;
  /** The lists that are not true any more, by the first key of their queries. */
  changes: readonly string[];
  /** What is said when it is done. */
  said: (answer: Answer, input: Input) => string;
  onDone?: (answer: Answer, input: Input) => void;
  /** Where the focus goes, when what had it is gone with what was done. */
  landing?: RefObject<HTMLElement> | undefined;
}

/**
 * Something that changes the server, what is said of it, and what has to be read again.
 *
 * It is done once at a time, however often it is asked for: a button that disabled itself meanwhile would lose the focus.
 */
export function useAct<Input = void, Answer = unknown>({
  act,
  changes,
  said,
  onDone,
  landing,
}: Act<Input, Answer>): Pick<UseMutationResult<Answer, Error, Input>, 'mutate' | 'isPending' | 'error' | 'data'> {
  const queries = useQueryClient();
  const isUnderWay = useRef(false);
  const { mutate, isPending, error, data } = useMutation<Answer, Error, Input>({
    mutationFn: act,
    onSuccess(answer, input) {
      onDone?.(answer, input);
      // After the dialog has closed, and has put the focus back; and what shows a thing that is gone does not ask for it.
      setTimeout(() => {
        for (const key of changes) void queries.invalidateQueries({ queryKey: [key] });
        landing?.current?.focus();
        announce(said(answer, input));
      });
    },
    onSettled() {
      isUnderWay.current = false;
    },
  });
  return {
    mutate(...input) {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      mutate(...input);
    },
    isPending,
    error,
    data,
  };
}
