import { CopyButton } from './copy-button.tsx';

/** A text of some lines, as it is, to read and to copy. */
export function TextBlock({ text, name }: { text: string; name: string }) {
  return (
    <div class="text-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must be able to scroll it. */}
      <section tabIndex={0} aria-label={name}>
        <pre>{text}</pre>
      </section>
      <CopyButton text={text} name={name} />
    </div>
  );
}
