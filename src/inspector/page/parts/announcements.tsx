import { useEffect, useState } from 'preact/hooks';

interface Said {
  text: string;
  /** Tells one from the one before that says the same. */
  turn: number;
}

const regions = new Set<(said: Said) => void>();
let turn = 0;

/** Says something to those who do not see the page, and shows it for a moment to those who do. */
export function announce(text: string): void {
  turn++;
  for (const show of regions) show({ text, turn });
}

/** Where it is said. An open dialog has one of its own: what is outside of it nobody hears, and sees dimly. */
export function Announcements() {
  const [said, setSaid] = useState<Said>();
  useEffect(() => {
    regions.add(setSaid);
    return () => {
      regions.delete(setSaid);
    };
  }, []);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(undefined), 4000);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div class="announcements" role="status">
      {said && <p key={said.turn}>{said.text}</p>}
    </div>
  );
}
