import { Link, useLocation } from 'wouter-preact';
import { ThemeButton } from './theme-button.tsx';

const VIEWS = [
  ['/requests', 'Requests'],
  ['/conversations', 'Conversations'],
  ['/chatbots', 'Chatbots & tokens'],
  ['/faults', 'Faults'],
  ['/state', 'State'],
] as const;

export function Header() {
  const [location] = useLocation();
  return (
    <header class="header">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="currentColor" />
          <path d="M8 9h16v11H15l-5 4v-4H8z" class="brand-bubble" />
        </svg>
        <span>chatcaptain-stub</span>
      </a>
      <nav aria-label="Views">
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
