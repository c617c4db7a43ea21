import { useEffect, useState } from 'preact/hooks';

let show: (text: string) => void = () => {};

/** Says something to those who do not see the page, and shows it for a moment to those who do. */
export function announce(text: string): void {
  show(text);
}

export function Announcements() {
  const [text, setText] = useState('');
  useEffect(() => {
    show = setText;
  }, []);
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => setText(''), 4000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="announcements" role="status">
      {text !== '' && <p>{text}</p>}
    </div>
  );
}
