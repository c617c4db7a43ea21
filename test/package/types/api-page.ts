// How typedoc-plugin-markdown writes docs/api.md: what to call comes first, a signature is one block of code, properties
// are a table, and what comes from a class of somebody else is left out.
import {
  type Application,
  type Comment,
  type CommentTag,
  type Context,
  Converter,
  type DeclarationReflection,
  makeRecursiveVisitor,
  type Reflection,
  ReflectionKind,
  type SignatureReflection,
} from 'typedoc';
import { type MarkdownPageEvent, MarkdownTheme, MarkdownThemeContext } from 'typedoc-plugin-markdown';
import type ts from 'typescript';

const DOORS = ['startStub', 'connectStub', 'StubContainer'];

/** What a program holds and calls, in the order of the page, each with the name that the examples give it. */
const HANDLES: Record<string, string> = {
  Stub: 'stub',
  Chatbot: 'chatbot',
  ChatbotScope: 'chatbot',
  StubClock: 'clock',
  ActiveFault: 'fault',
  StartedStubContainer: 'container',
};

/** What was declared, word for word: of a readonly tuple TypeDoc keeps less. */
const declared = new WeakMap<Reflection, ts.Node>();

export function load({ converter, renderer }: Application): void {
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context: Context, reflection: Reflection) => {
    const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
    if (declaration) declared.set(reflection, declaration);
  });
  converter.on(Converter.EVENT_CREATE_SIGNATURE, (_: Context, signature: Reflection, declaration?: ts.Node) => {
    if (declaration) declared.set(signature, declaration);
  });
  renderer.defineTheme('api-page', ApiTheme);
}

class ApiTheme extends MarkdownTheme {
  override getRenderContext(page: MarkdownPageEvent<Reflection>): MarkdownThemeContext {
    return new ApiPage(this, page, this.application.options);
  }
}

class ApiPage extends MarkdownThemeContext {
  readonly #anchors = new Set<string>();

  constructor(...theirs: ConstructorParameters<typeof MarkdownThemeContext>) {
    super(...theirs);
    this.templates.reflection = () => this.#page();
  }

  get #all(): DeclarationReflection[] {
    return this.page.project.children ?? [];
  }

  #page(): string {
    const begin = [...DOORS, ...Object.keys(HANDLES)];
    const rest = this.#all.filter(({ name }) => !begin.includes(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
    const groups: [title: string, members: DeclarationReflection[]][] = [
      ['Where to begin', DOORS.map((name) => this.#find(name))],
      ['Handles', Object.keys(HANDLES).map((name) => this.#find(name))],
      ['Errors', rest.filter((one) => one.kindOf(ReflectionKind.Class))],
      ['What goes in and comes out', rest.filter((one) => !one.kindOf(ReflectionKind.Class))],
    ];
    return [
      this.#heading(1, 'The library'),
      '<!-- Made by `npm run docs:api` out of the comments in src/. Change those. -->',
      'What `chatcaptain-stub` and `chatcaptain-stub/testcontainers` export, for `import` and for `require`.',
      groups
        .map(([title, members]) => `- ${title}: ${members.map(({ name }) => this.#link(name)).join(', ')}`)
        .join('\n'),
      ...groups.flatMap(([title, members]) => [
        this.#heading(2, title),
        ...members.flatMap((one) => [
          this.#heading(3, one.signatures ? `${one.name}()` : one.name),
          ...this.#body(one),
        ]),
      ]),
    ].join('\n\n');
  }

  #find(name: string): DeclarationReflection {
    const found = this.#all.find((one) => one.name === name);
    if (!found) throw new Error(`The page begins with ${name}, and there is none.`);
    return found;
  }

  #body(one: DeclarationReflection): string[] {
    const { name, kind, comment, children = [], extendedTypes = [] } = one;
    if (one.signatures) return this.#signatures(one);
    const own = children.filter(
      ({ inheritedFrom, overwrites }) => !inheritedFrom && !overwrites?.name.includes('Error.'),
    );
    const named = own.filter((child) => !child.name.startsWith('['));
    return [
      ...this.#text(comment),
      ...extendedTypes
        .map((type) => this.#typeText(type.toString().replaceAll('"', "'")))
        .filter((type) => type !== '`AsyncDisposable`')
        .map((type) => `Extends ${type}.`),
      ...(kind === ReflectionKind.TypeAlias ? [codeOf(one)] : []),
      ...this.#tags(comment),
      ...this.#properties(named.filter((child) => child.kindOf([ReflectionKind.Property, ReflectionKind.Accessor]))),
      ...named.filter((child) => child.kindOf(ReflectionKind.Constructor)).flatMap((child) => this.#signatures(child)),
      ...named
        .filter((child) => child.kindOf(ReflectionKind.Method))
        .flatMap((child) => [
          this.#heading(4, `${HANDLES[name] ?? 'container'}.${child.name}()`),
          ...this.#signatures(child),
        ]),
    ];
  }

  #signatures({ signatures = [] }: DeclarationReflection): string[] {
    return signatures.flatMap((signature) => {
      const { comment, parameters = [] } = signature;
      const remarks = parameters.flatMap(({ name, comment }) =>
        this.#text(comment).map((text) => `- \`${name}\`: ${text}`),
      );
      return [
        codeOf(signature),
        ...this.#text(comment),
        ...(remarks.length > 0 ? [remarks.join('\n')] : []),
        ...this.#tags(comment),
        ...this.#mentioned(signature),
      ];
    });
  }

  /** Where to read on: what it takes and what comes back. */
  #mentioned({ parameters = [], type, parent }: SignatureReflection): string[] {
    const names = new Set<string>();
    const visitor = makeRecursiveVisitor({
      reference: ({ reflection }) => {
        if (reflection && reflection !== parent.parent) names.add(reflection.name);
      },
    });
    for (const part of [...parameters.map((parameter) => parameter.type), type]) part?.visit(visitor);
    return names.size > 0 ? [`→ ${[...names].map((name) => this.#link(name)).join(', ')}`] : [];
  }

  #properties(properties: DeclarationReflection[]): string[] {
    if (properties.length === 0) return [];
    const rows = properties.map((one) => {
      const type = this.#typeText((declared.get(one) as ts.PropertySignature).type?.getText() ?? '');
      const [text = ''] = this.#text(one.comment ?? one.getSignature?.comment);
      const cells = [`\`${one.name}${one.flags.isOptional ? '?' : ''}\``, type, text];
      return `| ${cells.map((cell) => cell.replace(/\s+/g, ' ').replace(/; }/g, ' }').replaceAll('|', '\\|')).join(' | ')} |`;
    });
    return [['| property | type | what |', '|---|---|---|', ...rows].join('\n')];
  }

  #text(comment: Comment | undefined): string[] {
    const text = this.helpers.getCommentParts(comment?.summary ?? []);
    return text === '' ? [] : [text];
  }

  #tags(comment: Comment | undefined): string[] {
    return (comment?.blockTags ?? []).map(({ tag, content }: CommentTag) => {
      const text = this.helpers.getCommentParts(content);
      if (tag === '@example') return text;
      if (tag === '@throws') return `Throws ${text.replace(/^\w+/, (name) => this.#typeText(name))}.`;
      throw new Error(`The page has no place for ${tag} ${text}`);
    });
  }

  #heading(level: number, text: string): string {
    const anchor = anchorOf(text);
    // GitHub would number the second one, and links would lead to the first.
    if (this.#anchors.has(anchor)) throw new Error(`Two headings of the page have the anchor #${anchor}.`);
    this.#anchors.add(anchor);
    return `${'#'.repeat(level)} ${text}`;
  }

  #link(name: string): string {
    return `[\`${name}\`](#${anchorOf(name)})`;
  }

  /** Code, with a link in it for each name that the page explains. */
  #typeText(type: string): string {
    const names = this.#all.map(({ name }) => name);
    return type
      .split(new RegExp(`\\b(${names.join('|')})\\b`))
      .map((part) => (names.includes(part) ? this.#link(part) : part && `\`${part}\``))
      .join('');
  }
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

/** The declaration, as the one who uses it would write it. */
function codeOf(one: Reflection): string {
  const text = declared.get(one)?.getText() ?? '';
  const code = text
    .replace(/^export (declare )?(function )?/, '')
    .replace(/^constructor\(/, `new ${one.name.replace('new ', '')}(`)
    .replace(/;$/, '');
  return `\`\`\`ts\n${code}\n\`\`\``;
}
