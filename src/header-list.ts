/** The parts of a header between separators that stand in no quoted string (RFC 9110, section 5.6.4). */
export function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [''];
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (character === separator && !quoted) {
      parts.push('');
      continue;
    }
    if (character === '"') quoted = !quoted;
    parts[parts.length - 1] += character;
    if (character === '\\' && quoted) parts[parts.length - 1] += text[++index] ?? '';
  }
  return parts;
}
