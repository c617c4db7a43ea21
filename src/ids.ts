/** Fills a buffer with random bytes; injected, so that a seed can replace it. */
export type RandomBytes = (size: number) => Uint8Array;

// In ASCII order, so that ids sort as text in the order of their time.
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TIME_LENGTH = 8;
const RANDOM_LENGTH = 12;

/**
 * Makes ids of 20 of `[0-9A-Za-z]`, the look of ChatCaptain's own: 8 characters of the time in milliseconds, then 12
 * of randomness (71 bits). Time first keeps the unique index growing at its end.
 */
export function createIdGenerator(clock: () => number, randomBytes: RandomBytes): () => string {
  const random = createRandomText(randomBytes);
  let [time, prefix] = [Number.NaN, ''];
  return () => {
    const now = clock();
    // Under load, many ids are of the same millisecond.
    if (now !== time) [time, prefix] = [now, encodeTime(now)];
    return prefix + random(RANDOM_LENGTH);
  };
}

/** Makes texts of a given length of `[0-9A-Za-z]`, each character equally likely. */
export function createRandomText(randomBytes: RandomBytes): (length: number) => string {
  let pool: Uint8Array = new Uint8Array(0);
  let position = 0;
  return (length) => {
    let text = '';
    while (text.length < length) {
      if (position === pool.length) {
        pool = randomBytes(1024);
        position = 0;
      }
      // Six bits name one of 64 characters; the two that the alphabet lacks are drawn again.
      text += ALPHABET[(pool[position++] as number) & 63] ?? '';
    }
    return text;
  };
}

/** 8 characters of `[0-9A-Za-z]` that sort as text in the order of the numbers. */
export function encodeTime(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds));
  let text = '';
  for (let index = 0; index < TIME_LENGTH; index++) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}
