/** A text of others on one line: what does not fit is under the pointer, and its direction changes nothing around it. */
export function Cut({ text, isCode = false }: { text: string; isCode?: boolean }) {
  return (
    <bdi class={isCode ? 'cut mono' : 'cut'} title={text}>
      {text}
    </bdi>
  );
}
