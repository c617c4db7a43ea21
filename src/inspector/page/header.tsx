import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { ThemeButton } from './theme-button.tsx';
import { VIEWS } from './views.ts';

export function Header() {
  const [location] = useLocation();
  const views = useRef<HTMLElement>(null);
  // On a phone not all of them have room.
  useEffect(() => {
    views.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [location]);
  return (
    <header class="header">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="currentColor" />
          <path d="M8 9h16v11H15l-5 4v-4H8z" class="brand-bubble" />
        </svg>
        <span>chatcaptain-stub</span>
      </a>
      <nav aria-label="Views" ref={views}>
        {VIEWS.map(([path, name]) => (
          <Link key={path} href={path} aria-current={location.startsWith(path) ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <div class="header-end">
        <a class="quiet-link" href="/docs">
          API docs
        </a>
        <ThemeButton />
      </div>
    </header>
  );
}
