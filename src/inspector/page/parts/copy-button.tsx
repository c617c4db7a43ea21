import { announce } from './announcements.tsx';

/** Copies a text. `name` says what it is, to those who hear only the button. */
export function CopyButton({ text, label = 'Copy', name }: { text: string; label?: string; name?: string }) {
  return (
    <button
      type="button"
      aria-label={name && `${label} ${name}`}
      onClick={async (event) => {
        const within = event.currentTarget.parentElement as HTMLElement;
        announce((await copy(text, within)) ? 'Copied' : 'The browser does not allow it: select the text and copy it.');
      }}
    >
      {label}
    </button>
  );
}

/** A browser gives its clipboard to pages of a secure origin only; others have the old way, through a selection. */
async function copy(text: string, within: HTMLElement): Promise<boolean> {
  if (navigator.clipboard) {
    const wasCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    if (wasCopied) return true;
  }
  const focused = document.activeElement as HTMLElement | null;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'offstage';
  // Inside, because an open dialog lets nothing outside of it be selected.
  within.append(area);
  area.select();
  const wasCopied = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return wasCopied;
}
