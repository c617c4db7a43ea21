// The index page as HTML: no script, and no style but its own.
import { hash } from 'node:crypto';
import type { Contents, Link } from './contents.ts';

/** The colours are near the inspector's, and have a contrast of 7 to 1 or more to what they stand on, in both schemes. */
const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #ffffff; --ink: #1a1f26; --soft: #48515f; --link: #173fa8; --line: #dfe3e8; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1216; --card: #171b21; --ink: #e6eaf0; --soft: #b1bac7; --link: #9bbcff; --line: #2b323c; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1rem; }
p { margin: 0.5rem 0; }
.version, .about { color: var(--soft); }
pre { margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); white-space: pre-wrap; overflow-wrap: anywhere; }
pre, code { font: 0.875rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
ul { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }
li { padding: 0.75rem 1rem; }
li + li { border-top: 1px solid var(--line); }
a { color: var(--link); font-weight: 600; text-underline-offset: 0.2em; }
a:hover { text-decoration-thickness: 0.15em; }
a:focus-visible, pre:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; border-radius: 0.2rem; }
li code { color: var(--soft); overflow-wrap: anywhere; }
.about { display: block; }
`;

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it may stand in an element and in an attribute. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

export function renderPage({ name, version, description, upstream, links, try: line }: Contents): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(name)}</h1>
<p>${escapeHtml(description)}</p>
<p class="version">Version ${escapeHtml(version)}</p>
<h2 id="try">Try it</h2>
${upstream === undefined ? OWN_CREDENTIAL : renderUpstream(upstream)}
<pre tabindex="0" aria-labelledby="try"><code>${escapeHtml(line)}</code></pre>
<h2 id="links">Where things are</h2>
<ul aria-labelledby="links">
${links.map(renderLink).join('')}</ul>
</main>
</body>
</html>
`;
}

const OWN_CREDENTIAL =
  '<p>With the token that the server has shown at its start, or the one of its setting <code>STUB_TOKEN</code>:</p>';

/** The credential is the upstream's, and so is what comes of the request. */
function renderUpstream(upstream: string): string {
  return (
    `<p><strong>Passing through</strong>: every request to <code>/v1</code> goes to <code>${escapeHtml(upstream)}</code>, ` +
    'and what it creates is really created there.</p>\n' +
    '<p>With a credential of that server in <code>STUB_TOKEN</code>, and a chatbot of its own for <code>my-chatbot</code>:</p>'
  );
}

function renderLink({ title, path, about }: Link): string {
  if (title === undefined) return '';
  const address = escapeHtml(path);
  return `<li><a href="${address}">${escapeHtml(title)}</a> <code>${address}</code><span class="about">${escapeHtml(about)}</span></li>\n`;
}
